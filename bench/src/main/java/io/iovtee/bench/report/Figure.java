// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A further number of a row.
 *
 * @param key in JSON
 * @param heading of its column in the table; empty for JSON only
 * @param value NaN where it is not known: JSON null, in the table a dash
 * @param decimals in the table and in JSON
 */
public record Figure(String key, String heading, double value, int decimals) {
  /** A number that only JSON shows. */
  public static Figure hidden(String key, double value, int decimals) {
    return new Figure(key, "", value, decimals);
  }

  String cell() {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + decimals + "f", value) : "-";
  }

  @Nullable Object json() {
    return rounded(value, decimals);
  }

  /** Null for what JSON has no number for. */
  static @Nullable Object rounded(double value, int decimals) {
    if (!Double.isFinite(value)) {
      return null;
    }
    if (decimals == 0) {
      return Math.round(value);
    }
    double scale = Math.pow(10, decimals);
    return Math.round(value * scale) / scale;
  }
}
