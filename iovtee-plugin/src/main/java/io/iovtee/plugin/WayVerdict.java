// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.Locale;

/**
 * Which way is to be used for frames of some sizes, and the figures that it was decided by.
 *
 * @param gain by how much write-through was better, median of the pairs: 0.05 for 5 %
 * @param byRate whether what was delivered decided, not what it cost
 * @param timeMs when it was measured
 */
record WayVerdict(
    Way way,
    FrameSizeClass sizes,
    double gain,
    int pairs,
    boolean byRate,
    Figures copy,
    Figures write,
    long timeMs) {

  /**
   * What one way did.
   *
   * @param deliveredPps frames per second that were not dropped
   * @param workNsPerFrame the loop's time per such frame, the emulated NIC's excluded
   * @param saturated whether the loop had no time left
   */
  record Figures(double deliveredPps, double workNsPerFrame, boolean saturated) {
    private String text() {
      return String.format(
          Locale.ROOT, "%.3f Mpps at %.1f ns per frame", deliveredPps / 1e6, workNsPerFrame);
    }
  }

  /** What this way did. */
  Figures figures(Way one) {
    return one == Way.COPY ? copy : write;
  }

  /** Whether the loop had no time left, whichever way. */
  boolean saturated() {
    return copy.saturated() || write.saturated();
  }

  /** Both figures in one sentence. */
  String text() {
    return String.format(
        Locale.ROOT,
        "%s: write-through %s, copy %s; write-through is %.1f %% %s (median of %d pairs, by %s)",
        sizes.label(),
        write.text(),
        copy.text(),
        Math.abs(gain) * 100,
        gain < 0 ? "worse" : "better",
        pairs,
        byRate ? "rate" : "cost");
  }
}
