// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

/**
 * When each numbered frame was sent and when it arrived. One thread writes the one, one the other;
 * read when both have ended.
 */
final class Deliveries {
  private final long[] sentNs;
  private final long[] arrivedNs;
  private int sent;

  /**
   * Makes room.
   *
   * @param capacity frames that can be noted, numbered from 0
   */
  Deliveries(int capacity) {
    sentNs = new long[capacity];
    arrivedNs = new long[capacity];
  }

  /** Whether one more can be noted. Sender. */
  boolean hasRoom() {
    return sent < sentNs.length;
  }

  /** The number of the next frame. Sender. */
  int nextNumber() {
    return sent;
  }

  /** Notes the next frame. Sender. */
  void sent(long nowNs) {
    sentNs[sent++] = nowNs;
  }

  /** Notes an arrival; a number that was never sent is ignored. Receiver. */
  void arrived(long number, long nowNs) {
    if (number >= 0 && number < arrivedNs.length) {
      arrivedNs[(int) number] = nowNs;
    }
  }

  /**
   * What became of the frames that were sent in some time.
   *
   * @param sent how many
   * @param lost of them
   * @param gapMs the longest time without an arrival, between two of those that arrived
   */
  record Period(int sent, int lost, double gapMs) {}

  /** From the first to the last nanosecond, both {@link System#nanoTime()}. */
  Period period(long fromNs, long toNs) {
    int count = 0;
    int lost = 0;
    long gapNs = 0;
    long lastNs = 0;
    for (int i = 0; i < sent; i++) {
      if (sentNs[i] - fromNs < 0 || sentNs[i] - toNs > 0) {
        continue;
      }
      count++;
      if (arrivedNs[i] == 0) {
        lost++;
        continue;
      }
      if (lastNs != 0) {
        gapNs = Math.max(gapNs, arrivedNs[i] - lastNs);
      }
      lastNs = arrivedNs[i];
    }
    return new Period(count, lost, gapNs / 1e6);
  }
}
