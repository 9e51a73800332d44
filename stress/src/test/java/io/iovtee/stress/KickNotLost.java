// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.vswitch.virtio.TransmitVirtqueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The guest sends a frame while the poll loop goes to sleep: the loop sees it, or is kicked, or
 * both. r1: the guest kicks, r2: the loop stays awake.
 */
public final class KickNotLost {
  private KickNotLost() {}

  /** By the index at which the switch wants to be kicked. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "kicked")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "seen before sleeping")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "seen, and kicked for nothing")
  @State
  public static class WithEventIndex {
    private final VirtqueueState queue = new VirtqueueState(VirtqueueState.EVENT_IDX);
    private final TransmitVirtqueue device = new TransmitVirtqueue(queue.setup());

    public WithEventIndex() {
      device.suppressKicks(true);
      queue.add(0, false);
    }

    @Actor
    public void guest(ZZ_Result r) {
      queue.driver.publish();
      r.r1 = queue.driver.needsKick();
    }

    @Actor
    public void loop(ZZ_Result r) {
      r.r2 = device.armKicks();
    }
  }

  /** By the flag in the used ring. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "kicked")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "seen before sleeping")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "seen, and kicked for nothing")
  @State
  public static class WithFlag {
    private final VirtqueueState queue = new VirtqueueState(0);
    private final TransmitVirtqueue device = new TransmitVirtqueue(queue.setup());

    public WithFlag() {
      device.suppressKicks(true);
      queue.add(0, false);
    }

    @Actor
    public void guest(ZZ_Result r) {
      queue.driver.publish();
      r.r1 = queue.driver.needsKick();
    }

    @Actor
    public void loop(ZZ_Result r) {
      r.r2 = device.armKicks();
    }
  }
}
