// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.concurrent.locks.LockSupport;

/**
 * What a thread that polls does when a duty cycle found no work: spin, then yield, then sleep ever
 * longer. A busy one never gets here; an idle one costs about a percent of a core and answers the
 * first frame within {@link #SLEEP_MAX_NS} plus the timer's slack.
 */
public final class IdleStrategy {
  /** Empty cycles that only spin: some hundred microseconds, longer than a guest's burst pause. */
  private static final int LOOP_SPINS = 20_000;

  /** Empty cycles that yield the core to whoever shares it. */
  private static final int LOOP_YIELDS = 200;

  /** First sleep. */
  private static final long SLEEP_MIN_NS = 20_000;

  /** Longest sleep: what an idle switch adds to the first frame's latency. */
  private static final long SLEEP_MAX_NS = 1_500_000;

  static final long SPIN = -1;
  static final long YIELD = -2;

  private final int spins;
  private final int yields;
  private int empty;
  private long sleepNs = SLEEP_MIN_NS;

  /** For a poll loop. */
  IdleStrategy() {
    this(LOOP_SPINS, LOOP_YIELDS);
  }

  /**
   * For another thread that polls.
   *
   * @param spins empty cycles that only spin
   * @param yields empty cycles after those that yield the core
   */
  public IdleStrategy(int spins, int yields) {
    this.spins = spins;
    this.yields = yields;
  }

  /**
   * Ends a duty cycle.
   *
   * @param work frames and buffers that it handled
   * @param commands taken from the mailbox: others may wait behind, so no sleep now; but the
   *     switch's own housekeeping must not make an idle loop spin
   * @return whether the thread gave up its core for a while
   */
  public boolean idle(int work, int commands) {
    long pauseNs = pauseNs(work, commands);
    if (pauseNs == SPIN) {
      Thread.onSpinWait();
    } else if (pauseNs == YIELD) {
      Thread.yield();
    } else if (pauseNs > 0) {
      LockSupport.parkNanos(pauseNs);
    }
    return pauseNs == YIELD || pauseNs > 0;
  }

  /** What to do now: nothing (0), {@link #SPIN}, {@link #YIELD}, or sleep so many nanoseconds. */
  long pauseNs(int work, int commands) {
    if (work > 0) {
      empty = 0;
      sleepNs = SLEEP_MIN_NS;
      return 0;
    }
    if (commands > 0) {
      return 0;
    }
    if (empty < spins) {
      empty++;
      return SPIN;
    }
    if (empty < spins + yields) {
      empty++;
      return YIELD;
    }
    long now = sleepNs;
    sleepNs = Math.min(2 * now, SLEEP_MAX_NS);
    return now;
  }

  /** Ends a sleep early. Any thread. */
  public void wake(Thread loop) {
    LockSupport.unpark(loop);
  }
}
