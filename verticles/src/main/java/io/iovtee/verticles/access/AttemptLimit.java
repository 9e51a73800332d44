// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import java.util.function.LongSupplier;

/**
 * How many wrong tokens one listener answers with a plain no, and how often it tells the log. A
 * right token is never held up by others' wrong ones; guessing 256 bits is hopeless at any rate, so
 * what is bounded here is what strangers can make of our log and our time. One event loop.
 */
public final class AttemptLimit {
  /** Wrong tokens at once before the limit begins. */
  public static final int BURST = 20;

  /** Wrong tokens a second after that. */
  public static final int PER_SECOND = 5;

  /** A line in the log at most so often. */
  static final long LINE_NS = 10_000_000_000L;

  private static final double NS_PER_SECOND = 1e9;

  private final LongSupplier clockNs;
  private double left = BURST;
  private long lastNs;
  private boolean said;
  private long saidNs;
  private long unsaid;

  /**
   * @param clockNs nanoseconds since whenever
   */
  public AttemptLimit(LongSupplier clockNs) {
    this.clockNs = clockNs;
    lastNs = clockNs.getAsLong();
  }

  /** Counts a wrong token; false when there were too many. */
  public boolean wrong() {
    long now = clockNs.getAsLong();
    left = Math.min(BURST, left + (now - lastNs) / NS_PER_SECOND * PER_SECOND);
    lastNs = now;
    unsaid++;
    if (left < 1) {
      return false;
    }
    left--;
    return true;
  }

  /** How many wrong tokens a line shall tell of now; 0 for no line. */
  public long toTell() {
    long now = clockNs.getAsLong();
    if (said && now - saidNs < LINE_NS) {
      return 0;
    }
    said = true;
    saidNs = now;
    long count = unsaid;
    unsaid = 0;
    return count;
  }
}
