// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import java.util.Arrays;

/**
 * Median and extremes of some readings.
 *
 * @param count readings
 */
record Series(double median, double min, double max, int count) {

  /** Of one or more readings. The median of an even count is the mean of the two in the middle. */
  static Series of(double... readings) {
    if (readings.length == 0) {
      throw new IllegalArgumentException("a series needs a reading");
    }
    double[] sorted = readings.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Series(median, sorted[0], sorted[sorted.length - 1], sorted.length);
  }
}
