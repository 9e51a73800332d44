// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Samples in Prometheus's text format 0.0.4, grouped by metric. The number of samples is bounded:
 * ports and queues are the operator's, but a mistake must not drown the one who scrapes.
 */
final class MetricsText {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  /** A hundred ports of a hundred queues with two samples each. */
  static final int SAMPLES_MAX = 20_000;

  private final Map<String, StringBuilder> metrics = new LinkedHashMap<>();
  private int samples;
  private boolean truncated;

  /** A count that only grows; the name ends in {@code _total}. */
  void counter(String name, String description, double value, String... labels) {
    sample(name, "", "counter", description, value, labels);
  }

  /** A value that goes up and down. */
  void gauge(String name, String description, double value, String... labels) {
    sample(name, "", "gauge", description, value, labels);
  }

  /**
   * Counts by size.
   *
   * @param bounds upper ones, rising
   * @param counts one more than bounds: those up to each bound and above the one before, and the
   *     rest
   * @param sum of all sizes
   */
  void histogram(
      String name,
      String description,
      double[] bounds,
      List<Long> counts,
      double sum,
      String... labels) {
    String[] withBound = Arrays.copyOf(labels, labels.length + 2);
    withBound[labels.length] = "le";
    long count = 0;
    for (int i = 0; i < counts.size(); i++) {
      count += counts.get(i);
      withBound[labels.length + 1] = i < bounds.length ? Double.toString(bounds[i]) : "+Inf";
      sample(name, "_bucket", "histogram", description, count, withBound);
    }
    sample(name, "_sum", "histogram", description, sum, labels);
    sample(name, "_count", "histogram", description, count, labels);
  }

  private void sample(
      String name, String suffix, String type, String description, double value, String... labels) {
    if (samples == SAMPLES_MAX) {
      truncated = true;
      return;
    }
    samples++;
    StringBuilder text =
        metrics.computeIfAbsent(
            name,
            unused ->
                new StringBuilder()
                    .append("# HELP " + name + " " + description + "\n")
                    .append("# TYPE " + name + " " + type + "\n"));
    text.append(name).append(suffix);
    for (int i = 0; i < labels.length; i += 2) {
      text.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
      escape(text, labels[i + 1]);
      text.append('"');
    }
    text.append(labels.length == 0 ? "" : "}").append(' ').append(number(value)).append('\n');
  }

  /** What could have been told is not: there is too much of it. */
  void truncate() {
    truncated = true;
  }

  private static void escape(StringBuilder text, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\\' -> text.append("\\\\");
        case '"' -> text.append("\\\"");
        case '\n' -> text.append("\\n");
        default -> text.append(c);
      }
    }
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  @Override
  public String toString() {
    if (truncated) {
      truncated = false;
      samples = Math.min(samples, SAMPLES_MAX - 1);
      gauge("iovtee_metrics_truncated", "1 when samples were left out: there are too many.", 1);
    }
    return String.join("", metrics.values());
  }
}
