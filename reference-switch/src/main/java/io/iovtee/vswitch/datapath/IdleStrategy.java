// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/**
 * What a thread that polls does when a duty cycle found no work: spin, then yield, then sleep. A
 * poll loop's sleep ends when work comes ({@link LoopSleep}). A thread that nobody wakes sleeps
 * ever longer, up to {@link #NAP_MAX_NS}; it costs about a percent of a core.
 */
public final class IdleStrategy {
  /** Empty cycles that only spin: some hundred microseconds, longer than a guest's burst pause. */
  private static final int LOOP_SPINS = 20_000;

  /** Empty cycles that yield the core to whoever shares it. */
  private static final int LOOP_YIELDS = 200;

  /** First sleep of a thread that nobody wakes. */
  private static final long NAP_MIN_NS = 20_000;

  /** Its longest sleep: what it adds to the first frame's latency, plus the timer's slack. */
  private static final long NAP_MAX_NS = 1_500_000;

  static final long SPIN = -1;
  static final long YIELD = -2;

  private final int spins;
  private final int yields;
  private int empty;
  private long napNs = NAP_MIN_NS;

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
   * Ends a duty cycle of a thread that nobody wakes when work comes.
   *
   * @param work frames and buffers that it handled
   */
  public void idle(int work) {
    idle(work, LockSupport::parkNanos);
  }

  /**
   * As {@link #idle(int)}, where the thread has its own way to sleep.
   *
   * @param sleep given the nanoseconds after which it must look again if nobody can wake it
   */
  public void idle(int work, LongConsumer sleep) {
    long pauseNs = pauseNs(work, 0);
    if (pauseNs > 0) {
      sleep.accept(pauseNs);
    } else {
      pause(pauseNs);
    }
  }

  /**
   * Spins or yields once, or does nothing.
   *
   * @return whether the thread gave up its core for a while
   */
  boolean pause(long pauseNs) {
    if (pauseNs == SPIN) {
      Thread.onSpinWait();
    } else if (pauseNs == YIELD) {
      Thread.yield();
    }
    return pauseNs == YIELD;
  }

  /**
   * What to do at the end of a duty cycle: nothing (0), {@link #SPIN}, {@link #YIELD}, or sleep; if
   * nobody wakes the thread, so many nanoseconds.
   *
   * @param work frames and buffers that were handled
   * @param commands taken from the mailbox: others may wait behind, so no sleep now; but the
   *     switch's own housekeeping must not make an idle loop spin
   */
  long pauseNs(int work, int commands) {
    if (work > 0) {
      empty = 0;
      napNs = NAP_MIN_NS;
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
    long now = napNs;
    napNs = Math.min(2 * now, NAP_MAX_NS);
    return now;
  }

  /** Ends the sleep of a thread that nobody wakes early. Any thread. */
  public void wake(Thread sleeper) {
    LockSupport.unpark(sleeper);
  }
}
