// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The results of one run: one JSON object, or a table for people.
 *
 * @param settings the options that shape the numbers, by their JSON keys
 * @param legend explains the columns, below the table; lines end with a line feed
 */
public record Report(
    Environment environment,
    Map<String, Object> settings,
    List<Row> rows,
    List<Ratio> ratios,
    String legend) {

  /** Takes private copies. */
  public Report {
    settings = new LinkedHashMap<>(settings);
    rows = List.copyOf(rows);
    ratios = List.copyOf(ratios);
  }

  /** Keys {@code results}, {@code ratios}, {@code environment}, {@code settings}. */
  public Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("results", rows.stream().map(Row::toMap).toList());
    map.put("ratios", ratios.stream().map(Ratio::toMap).toList());
    map.put("environment", environment.toMap());
    map.put("settings", settings);
    return map;
  }

  /** The table, the ratios below it, and what the columns mean. */
  public String toTable() {
    return environment.text() + "\n" + Table.of(rows) + "\n" + ratioLines() + legend;
  }

  private String ratioLines() {
    if (ratios.isEmpty()) {
      return "";
    }
    int caseWidth = widest(ratios.stream().map(ratio -> ratio.above().caseName()));
    int nameWidth = widest(ratios.stream().map(Ratio::name));
    return ratios.stream()
        .map(ratio -> ratio.line(caseWidth, nameWidth))
        .collect(Collectors.joining("", "", "\n"));
  }

  private static int widest(Stream<String> texts) {
    return texts.mapToInt(String::length).max().orElse(1);
  }
}
