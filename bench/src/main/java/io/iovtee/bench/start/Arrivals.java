// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** When frames arrived: the first one, and how many in each slot of time after it. One thread. */
final class Arrivals {
  /** Length of a slot. */
  static final long SLOT_MS = 10;

  /** Slots that a rate is taken over: a tenth of a second smooths what a burst does to one slot. */
  static final int SLOTS_PER_RATE = 10;

  private final long sinceNs;
  private final long[] slots;
  private long firstNs;
  private long frames;

  /**
   * Begins.
   *
   * @param sinceNs {@link System#nanoTime()} that times count from
   * @param forMs how long to count after the first frame
   */
  Arrivals(long sinceNs, long forMs) {
    this.sinceNs = sinceNs;
    slots = new long[(int) (forMs / SLOT_MS)];
  }

  void add(int count, long nowNs) {
    if (frames == 0) {
      firstNs = nowNs;
    }
    frames += count;
    int slot = slot(nowNs);
    if (slot < slots.length) {
      slots[slot] += count;
    }
  }

  private int slot(long nowNs) {
    return (int) ((nowNs - firstNs) / TimeUnit.MILLISECONDS.toNanos(SLOT_MS));
  }

  /** Whether the time to count is over; not before a first frame. */
  boolean isOver(long nowNs) {
    return frames > 0 && slot(nowNs) >= slots.length;
  }

  /** Frames so far. */
  long frames() {
    return frames;
  }

  /** Seconds to the first frame. */
  double firstS() {
    return (firstNs - sinceNs) / 1e9;
  }

  /** Frames per second at the end: the median of all rates in the last third. */
  double steadyPps() {
    int rates = slots.length - SLOTS_PER_RATE + 1;
    double[] last = new double[rates - rates * 2 / 3];
    for (int i = 0; i < last.length; i++) {
      last[i] = pps(rates - last.length + i);
    }
    Arrays.sort(last);
    return last[last.length / 2];
  }

  /**
   * Seconds from the first frame to the beginning of the first tenth of a second that had so much
   * of the steady rate.
   */
  double secondsTo(double share) {
    double wanted = share * steadyPps();
    int slot = 0;
    while (pps(slot) < wanted) {
      slot++;
    }
    return slot * SLOT_MS / 1e3;
  }

  /** Frames that a switch at the steady rate would have delivered more, in all the time. */
  double framesBelowSteady() {
    long counted = 0;
    for (long slot : slots) {
      counted += slot;
    }
    return Math.max(0, steadyPps() * slots.length * SLOT_MS / 1e3 - counted);
  }

  private double pps(int fromSlot) {
    long sum = 0;
    for (int i = fromSlot; i < fromSlot + SLOTS_PER_RATE; i++) {
      sum += slots[i];
    }
    return sum * 1e3 / (SLOTS_PER_RATE * SLOT_MS);
  }
}
