// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.function.LongSupplier;

/**
 * How long to leave a guest's ring alone, so that what the guest puts there comes in lots. Its core
 * is just writing there: each look takes lines from it that it needs for the next entry, and what
 * is taken a few at a time is answered a few at a time. A guest that is slower than the switch
 * would become slower still.
 *
 * <p>Only a guest that puts entries there fast is waited for, and no longer than it takes for a
 * lot: what comes now and then is taken at once. Poll thread.
 */
final class LotPace {
  /** A lot on a large ring; what a batch holds. */
  static final int LOT = FrameBatch.CAPACITY;

  /** Of a small ring, the part that makes a lot: the guest must have enough left to go on with. */
  private static final int LOTS_PER_RING = 4;

  /** Bounds what a frame may be late: so long 26 million entries a second take for a lot. */
  static final long WAIT_NS_MAX = 5_000;

  /** A wait that would bring fewer entries is not worth it: below 6 million entries a second. */
  static final int WORTHWHILE = 32;

  /**
   * Over so long it is measured how fast entries come: much longer than the frames that circulate
   * between two ends take for a round, which must not wait after each burst.
   */
  static final long MEASURED_NS = 100_000;

  /** For a ring that is not there: never waits. */
  static final LotPace NONE = new LotPace(0, System::nanoTime);

  private final int lot;
  private final LongSupplier clockNs;
  private long measuredSinceNs;
  private long measured;

  /** How long a lot takes; 0 where entries come too slowly to wait for one. */
  private long waitNs;

  private boolean waiting;
  private long untilNs;

  /**
   * Prepares for a ring.
   *
   * @param size entries
   * @param clockNs {@link System#nanoTime}
   */
  LotPace(int size, LongSupplier clockNs) {
    lot = Math.min(LOT, size / LOTS_PER_RING);
    this.clockNs = clockNs;
    measuredSinceNs = clockNs.getAsLong();
  }

  /** Whether to look at the ring. */
  boolean isTime() {
    return !waiting || clockNs.getAsLong() - untilNs >= 0;
  }

  /**
   * Notes what a look found.
   *
   * @param taken entries that were taken
   * @param left entries that were left
   */
  void looked(int taken, int left) {
    waiting = false;
    if (taken == 0 || lot == 0) {
      return;
    }
    long nowNs = clockNs.getAsLong();
    measured += taken;
    if (nowNs - measuredSinceNs >= MEASURED_NS) {
      measure(nowNs);
    }
    if (waitNs > 0 && left < lot) {
      waiting = true;
      untilNs = nowNs + waitNs;
    }
  }

  private void measure(long nowNs) {
    long tookNs = nowNs - measuredSinceNs;
    boolean fast = measured * WAIT_NS_MAX >= WORTHWHILE * tookNs;
    waitNs = fast ? Math.min(WAIT_NS_MAX, lot * tookNs / measured) : 0;
    measuredSinceNs = nowNs;
    measured = 0;
  }
}
