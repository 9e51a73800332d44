// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.Arrays;
import java.util.List;

/**
 * Median and extremes of some readings.
 *
 * @param count readings
 */
public record Series(double median, double min, double max, int count) {

  /** Of one or more readings. The median of an even count is the mean of the two in the middle. */
  public static Series of(double... readings) {
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

  /** The same of a list. */
  public static Series of(List<Double> readings) {
    return of(readings.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
