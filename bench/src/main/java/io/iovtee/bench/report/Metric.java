// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

/**
 * What the readings of a row are.
 *
 * @param key in JSON, for example {@code mpps}: gives {@code mppsMedian}, {@code mppsMin}, …
 * @param unit what table and chart write, for example {@code Mpps}
 * @param decimals in the table and the chart; JSON has one more
 * @param moreIsBetter whether a higher reading is the better one
 */
public record Metric(String key, String unit, int decimals, boolean moreIsBetter) {
  /** Million frames per second. */
  public static final Metric MPPS = new Metric("mpps", "Mpps", 2, true);
}
