// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.FlowMeter.Band;
import io.iovtee.flow.FlowMeter.Unit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The rate of a meter's band, which all loops share: a token bucket, kept as the one time at which
 * it will be full again (the generic cell rate algorithm, ITU-T I.371). What is within the rate in
 * t seconds, on all loops together, is never more than {@code rate * t + burst}; a frame that finds
 * room for itself is.
 *
 * <p>No locks: a loop that meets another one at the same moment tries again, which happens only if
 * the other one's frame was within the rate.
 */
final class RateBand {
  /** Times are in 1/1024 ns: at the highest rates a frame takes less than a nanosecond. */
  private static final int FRACTION_BITS = 10;

  private static final long SECOND = 1_000_000_000L << FRACTION_BITS;

  /** 26 days: so that no sum or difference of times overflows. */
  private static final long BURST_MAX = 1L << 61;

  /** More loops than a switch can have; beyond it the rate counts as exceeded. */
  private static final int TRIES_MAX = 64;

  private static final int BITS_PER_BYTE = 8;
  private static final int BITS_PER_KILOBIT = 1_000;

  final Band band;

  private final Unit unit;

  /** How long the bucket takes to fill from empty. */
  private final long burst;

  /** When the bucket is full again. */
  private final AtomicLong fullAt;

  /**
   * @param nowNs of the clock by which loops ask; the bucket starts full
   */
  RateBand(Band band, Unit unit, long nowNs) {
    this.band = band;
    this.unit = unit;
    double each = unit == Unit.PKTPS ? cost(0) : (double) SECOND / band.rate();
    burst = (long) Math.min(BURST_MAX, band.burst() * each);
    fullAt = new AtomicLong(nowNs << FRACTION_BITS);
  }

  /**
   * Whether a frame exceeds the rate; one that does not is taken out of the bucket. Poll threads.
   *
   * @param length in bytes, without FCS
   */
  boolean isExceeded(int length, long nowNs) {
    long now = nowNs << FRACTION_BITS;
    long cost = cost(length);
    for (int tries = 0; tries < TRIES_MAX; tries++) {
      long before = fullAt.get();
      long after = (before - now > 0 ? before : now) + cost;
      if (after - now > burst) {
        return true;
      }
      if (fullAt.compareAndSet(before, after)) {
        return false;
      }
    }
    return true;
  }

  /** What the frame takes out, as the time in which it flows in again; rounded up. */
  private long cost(int length) {
    long rate = band.rate();
    return unit == Unit.PKTPS
        ? (SECOND + rate - 1) / rate
        : ((long) length * BITS_PER_BYTE * (SECOND / BITS_PER_KILOBIT) + rate - 1) / rate;
  }

  /**
   * A time that is over may be any: so one that nobody asks for never gets so old that it looks
   * like one to come. More often than every 100 days; control thread.
   */
  void refresh(long nowNs) {
    long now = nowNs << FRACTION_BITS;
    long before = fullAt.get();
    if (before - now < 0) {
      boolean unused = fullAt.compareAndSet(before, now); // else a loop has just set it
    }
  }
}
