// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import io.iovtee.vswitch.virtio.VirtioNetHeader;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The switch publishes two frames with one index: the guest sees none of them, or both with
 * lengths, virtio-net headers and frames. r1: chains reaped, r2: of those, the ones that are whole.
 */
@JCStressTest
@Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the index was not there yet")
@Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "index, used elements, headers and frames")
@State
public class UsedPublication {
  private static final int SIZE = VirtqueueState.SIZE;
  private static final int FRAME_LENGTH = 64;
  private static final long FRAME_WORD = 0x0123_4567_89ab_cdefL;

  private final VirtqueueState queue = new VirtqueueState(0);
  private final ReceiveVirtqueue device = new ReceiveVirtqueue(queue.setup());
  private final PostedBuffers taken = new PostedBuffers();
  private final int[] tokens = new int[SIZE];
  private final int[] lengths = new int[SIZE];

  public UsedPublication() {
    queue.add(0, true);
    queue.add(1, true);
    queue.driver.publish();
    device.take(taken, SIZE);
  }

  @Actor
  public void theSwitch() {
    for (int i = 0; i < SIZE; i++) {
      long frame = taken.address[i] + VirtioNetHeader.LENGTH;
      AddressSpace.putLong(frame, FRAME_WORD);
      device.completeFrame(taken.head[i], frame, FRAME_LENGTH);
    }
    device.publish();
  }

  @Actor
  public void guest(II_Result r) {
    r.r1 = queue.driver.reap(tokens, lengths, SIZE);
    for (int i = 0; i < r.r1; i++) {
      long header = queue.buffer(tokens[i]);
      boolean whole =
          lengths[i] == FRAME_LENGTH + VirtioNetHeader.LENGTH
              && AddressSpace.getInt(header + 8) == 1 << 16
              && AddressSpace.getLong(header + VirtioNetHeader.LENGTH) == FRAME_WORD;
      r.r2 += whole ? 1 : 0;
    }
  }
}
