// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What we want of a number.
 *
 * @param min the least that meets it; negative infinity where there is no such limit
 * @param max the most that meets it; positive infinity where there is no such limit
 */
public record Goal(double min, double max) {
  /** Nothing is wanted. */
  public static final Goal NONE = new Goal(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  public static Goal atLeast(double min) {
    return new Goal(min, Double.POSITIVE_INFINITY);
  }

  public static Goal atMost(double max) {
    return new Goal(Double.NEGATIVE_INFINITY, max);
  }

  public boolean isSet() {
    return !NONE.equals(this);
  }

  /** Whether a number reaches it; true without a goal, false for NaN. */
  public boolean met(double value) {
    return value >= min && value <= max;
  }

  /** For people, with the verdict: {@code goal >= 1.50: missed}. */
  String text(double value) {
    if (!isSet()) {
      return "no goal";
    }
    return String.format(Locale.ROOT, "goal %s: %s", limits(), met(value) ? "met" : "missed");
  }

  private String limits() {
    if (max == Double.POSITIVE_INFINITY) {
      return String.format(Locale.ROOT, ">= %.2f", min);
    }
    if (min == Double.NEGATIVE_INFINITY) {
      return String.format(Locale.ROOT, "<= %.2f", max);
    }
    return String.format(Locale.ROOT, "%.2f..%.2f", min, max);
  }

  /** Keys {@code goalMin}, {@code goalMax} (null where there is no limit) and {@code met}. */
  Map<String, @Nullable Object> toMap(double value) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("goalMin", Double.isInfinite(min) ? null : min);
    map.put("goalMax", Double.isInfinite(max) ? null : max);
    map.put("met", isSet() ? met(value) : null);
    return map;
  }
}
