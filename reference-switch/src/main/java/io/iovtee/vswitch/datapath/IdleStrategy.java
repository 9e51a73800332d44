// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.concurrent.locks.LockSupport;

/**
 * What a loop does when a duty cycle found no work: spin, then yield, then sleep ever longer. A
 * busy loop never gets here; an idle one costs about a percent of a core and answers the first
 * frame within {@link #SLEEP_MAX_NS} plus the timer's slack.
 */
final class IdleStrategy {
  /** Empty cycles that only spin: some hundred microseconds, longer than a guest's burst pause. */
  private static final int SPINS = 20_000;

  /** Empty cycles that yield the core to whoever shares it. */
  private static final int YIELDS = 200;

  /** First sleep. */
  private static final long SLEEP_MIN_NS = 20_000;

  /** Longest sleep: what an idle switch adds to the first frame's latency. */
  private static final long SLEEP_MAX_NS = 1_000_000;

  private int empty;
  private long sleepNs = SLEEP_MIN_NS;

  void idle(int work) {
    if (work > 0) {
      empty = 0;
      sleepNs = SLEEP_MIN_NS;
    } else if (++empty < SPINS) {
      Thread.onSpinWait();
    } else if (empty < SPINS + YIELDS) {
      Thread.yield();
    } else {
      LockSupport.parkNanos(sleepNs);
      sleepNs = Math.min(2 * sleepNs, SLEEP_MAX_NS);
    }
  }

  /** Ends a sleep early. Any thread. */
  void wake(Thread loop) {
    LockSupport.unpark(loop);
  }
}
