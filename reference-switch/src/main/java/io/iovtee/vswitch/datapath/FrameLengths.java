// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.Arrays;

/**
 * Sum, least and most of a batch's frame lengths, found once for the batch: several that handle it
 * ask. Poll thread.
 */
final class FrameLengths {
  /** How many frames the values are of; -1 when they are not known. */
  private int measured;

  private int bytes;
  private int shortest = Integer.MAX_VALUE;
  private int longest;

  /** The values for the first {@code count} lengths. */
  FrameLengths of(int[] length, int count) {
    if (measured != count) {
      measure(length, count);
    }
    return this;
  }

  private void measure(int[] length, int count) {
    // Frames of a batch are often all of one length. The row is compared with itself moved by one:
    // many at a time, while the compiler finds sum, least and most one by one.
    if (count > 0 && Arrays.mismatch(length, 0, count - 1, length, 1, count) < 0) {
      shortest = length[0];
      longest = length[0];
      bytes = length[0] * count;
    } else {
      measureEach(length, count);
    }
    measured = count;
  }

  private void measureEach(int[] length, int count) {
    int sum = 0;
    int least = Integer.MAX_VALUE;
    int most = 0;
    for (int i = 0; i < count; i++) {
      int one = length[i];
      sum += one;
      least = Math.min(least, one);
      most = Math.max(most, one);
    }
    bytes = sum;
    shortest = least;
    longest = most;
  }

  int bytes() {
    return bytes;
  }

  int shortest() {
    return shortest;
  }

  int longest() {
    return longest;
  }

  /** A length was changed. */
  void forget() {
    measured = -1;
  }
}
