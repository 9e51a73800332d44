// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.light;

import io.iovtee.bench.peer.CountersLine;

/**
 * What a {@link LightEngine} has counted at one moment.
 *
 * @param returned frames that were received and sent back, of all ports
 * @param silentPorts ports that no frame has reached since the reading before
 * @param busyNs time of turns in which frames came
 * @param timeNs when, by the function's clock
 */
public record LightCounts(long returned, long silentPorts, long busyNs, long timeNs) {
  /** First word of the line. */
  static final String WORD = "counts";

  /** Million frames per second since an earlier moment. */
  public double mppsSince(LightCounts earlier) {
    return (returned - earlier.returned) * 1e3 / Math.max(1, timeNs - earlier.timeNs);
  }

  /** Busy time per frame since an earlier moment, ns. */
  public double nsPerFrameSince(LightCounts earlier) {
    return (double) (busyNs - earlier.busyNs) / Math.max(1, returned - earlier.returned);
  }

  /** {@code counts returned=5 …}: how the two processes exchange it. */
  String format() {
    return CountersLine.format(WORD, this);
  }

  /** Reads {@link #format}. */
  static LightCounts parse(String line) {
    return CountersLine.parse(LightCounts.class, line);
  }
}
