// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import io.iovtee.bench.peer.CountersLine;

/**
 * What a {@link LiveEngine} has counted at one moment.
 *
 * @param sent frames that left the far end, or were to leave it and found no room
 * @param received frames that the sink took
 * @param foreign frames of another length that the sink took
 * @param timeNs when, by the generator's clock
 */
public record LiveCounts(long sent, long received, long foreign, long timeNs) {
  /** First word of the line. */
  static final String WORD = "counts";

  /** What was counted since an earlier moment. */
  public LiveCounts minus(LiveCounts earlier) {
    return new LiveCounts(
        sent - earlier.sent,
        received - earlier.received,
        foreign - earlier.foreign,
        timeNs - earlier.timeNs);
  }

  /** The same with what somebody else received. */
  public LiveCounts withReceived(long frames) {
    return new LiveCounts(sent, frames, foreign, timeNs);
  }

  /** Of a difference: million frames per second that were sent. */
  public double sentMpps() {
    return sent * 1e3 / timeNs;
  }

  /** Of a difference: million frames per second that the sink took. */
  public double receivedMpps() {
    return received * 1e3 / timeNs;
  }

  /** {@code counts sent=5 received=4 …}: how the two processes exchange it. */
  String format() {
    return CountersLine.format(WORD, this);
  }

  /** Reads {@link #format}. */
  static LiveCounts parse(String line) {
    return CountersLine.parse(LiveCounts.class, line);
  }
}
