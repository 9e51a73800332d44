// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The switch publishes a frame while the guest goes to sleep: the guest sees it, or is called, or
 * both. Neither would be a guest that sleeps on a full ring. r1: the switch calls, r2: the guest
 * stays awake.
 */
public final class CallNotLost {
  private CallNotLost() {}

  /** What both ways of asking have in common; the guest has slept once before. */
  private static final class Guest {
    private static final int SIZE = VirtqueueState.SIZE;

    private final VirtqueueState queue;
    private final ReceiveVirtqueue device;
    private final PostedBuffers taken = new PostedBuffers();

    Guest(long moreFeatures) {
      queue = new VirtqueueState(moreFeatures);
      device = new ReceiveVirtqueue(queue.setup());
      queue.add(0, true);
      queue.add(1, true);
      queue.driver.publish();
      device.take(taken, SIZE);
      device.complete(taken.head[0], 0);
      device.publish();
      device.needsCall(); // a first one is owed whatever the guest wants
      queue.driver.reap(new int[SIZE], new int[SIZE], SIZE);
      queue.driver.suppressCalls(true);
    }

    /** As a poll loop does: a look that may be too early, and a later one that may not. */
    boolean publishAndAsk() {
      device.complete(taken.head[1], 0);
      device.publish();
      return device.seemsToNeedCall() || device.needsCall();
    }
  }

  /** By the index at which the guest wants to be called. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "called")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "seen before sleeping")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "seen, and called for nothing")
  @State
  public static class WithEventIndex {
    private final Guest guest = new Guest(VirtqueueState.EVENT_IDX);

    @Actor
    public void theSwitch(ZZ_Result r) {
      r.r1 = guest.publishAndAsk();
    }

    @Actor
    public void guest(ZZ_Result r) {
      r.r2 = guest.queue.driver.armCalls();
    }
  }

  /** By the flag in the available ring. */
  @JCStressTest
  @Outcome(id = "true, false", expect = ACCEPTABLE, desc = "called")
  @Outcome(id = "false, true", expect = ACCEPTABLE, desc = "seen before sleeping")
  @Outcome(id = "true, true", expect = ACCEPTABLE, desc = "seen, and called for nothing")
  @State
  public static class WithFlag {
    private final Guest guest = new Guest(0);

    @Actor
    public void theSwitch(ZZ_Result r) {
      r.r1 = guest.publishAndAsk();
    }

    @Actor
    public void guest(ZZ_Result r) {
      r.r2 = guest.queue.driver.armCalls();
    }
  }
}
