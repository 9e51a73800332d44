// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

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

  /** One loop for each: the compiler makes vectors of them. */
  private void measure(int[] length, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += length[i];
    }
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      least = Math.min(least, length[i]);
    }
    int most = 0;
    for (int i = 0; i < count; i++) {
      most = Math.max(most, length[i]);
    }
    bytes = sum;
    shortest = least;
    longest = most;
    measured = count;
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
