// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The guest posts two buffers with one index: the switch sees none of them, or both with all that
 * their descriptors say. r1: heads taken, r2: of those, the ones that are as posted.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the index was not there yet")
@Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "index, entries and descriptors")
@State
public class AvailPublication {
  private final VirtqueueState queue = new VirtqueueState(0);
  private final ReceiveVirtqueue device = new ReceiveVirtqueue(queue.setup());
  private final PostedBuffers taken = new PostedBuffers();

  @Actor
  public void guest() {
    queue.add(0, true);
    queue.add(1, true);
    queue.driver.publish();
  }

  @Actor
  public void theSwitch(II_Result r) {
    r.r1 = device.take(taken, VirtqueueState.SIZE);
    for (int i = 0; i < r.r1; i++) {
      boolean asPosted =
          taken.address[i] == queue.buffer(i) && taken.length[i] == VirtqueueState.BUFFER_LENGTH;
      r.r2 += asPosted && taken.reason[i] == 0 ? 1 : 0;
    }
  }
}
