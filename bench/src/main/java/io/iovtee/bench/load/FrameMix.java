// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.vswitch.frames.LoadFrame;
import java.util.List;

/**
 * The lengths of a trial's frames, in the order of sending: one length, or the simple IMIX, 7 of
 * 60, 4 of 590 and 1 of 1514 bytes (64, 594 and 1518 with FCS), spread out. Lengths are without
 * FCS.
 *
 * @param label what options and reports call it: {@code 64}, {@code imix}
 */
record FrameMix(String label, List<Integer> lengths) {
  static final String IMIX = "imix";

  private static final List<Integer> IMIX_LENGTHS =
      List.of(60, 590, 60, 60, 590, 60, 1514, 60, 590, 60, 590, 60);

  /**
   * Reads {@code 1514} or {@code imix}.
   *
   * @throws IllegalArgumentException saying what is allowed
   */
  static FrameMix parse(String text) {
    if (text.equals(IMIX)) {
      return new FrameMix(text, IMIX_LENGTHS);
    }
    int length = text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
    if (length < LoadFrame.LENGTH_MIN || length > LoadFrame.LENGTH_MAX) {
      throw new IllegalArgumentException(
          text
              + " is neither imix nor a length in "
              + LoadFrame.LENGTH_MIN
              + ".."
              + LoadFrame.LENGTH_MAX);
    }
    return new FrameMix(text, List.of(length));
  }

  /** Frame {@code i} of a trial is element {@code i % length}. */
  LoadFrame[] frames() {
    return lengths.stream().map(LoadFrame::new).toArray(LoadFrame[]::new);
  }

  /** Mean length, bytes without FCS. */
  double meanBytes() {
    return lengths.stream().mapToInt(Integer::intValue).average().orElseThrow();
  }

  @Override
  public String toString() {
    return label;
  }
}
