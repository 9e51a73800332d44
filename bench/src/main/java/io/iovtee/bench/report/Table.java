// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Rows as text for people. Consecutive rows with the same columns share one heading; a column is as
 * wide as its widest cell; text stands left, numbers right.
 */
final class Table {
  private Table() {}

  static String of(List<Row> rows) {
    StringBuilder text = new StringBuilder();
    List<List<String>> block = new ArrayList<>();
    for (Row row : rows) {
      List<String> headings = headings(row);
      if (block.isEmpty() || !block.getFirst().equals(headings)) {
        write(block, text);
        block = new ArrayList<>(List.of(headings));
      }
      block.add(cells(row));
    }
    write(block, text);
    return text.toString();
  }

  private static List<String> headings(Row row) {
    List<String> headings = new ArrayList<>(List.of("scenario"));
    headings.addAll(row.parameters().keySet());
    headings.addAll(List.of("subject", row.metric().unit(), "min", "max"));
    if (row.forks().size() > 1) {
      headings.add("starts");
    }
    row.figures().stream().map(Figure::heading).filter(h -> !h.isEmpty()).forEach(headings::add);
    if (row.goal().isSet()) {
      headings.add("goal");
    }
    return headings;
  }

  private static List<String> cells(Row row) {
    List<String> cells = new ArrayList<>(List.of(row.scenario()));
    row.parameters().values().forEach(value -> cells.add(value.toString()));
    Series series = row.series();
    cells.add(row.subject());
    cells.add(number(series.median(), row));
    cells.add(number(series.min(), row));
    cells.add(number(series.max(), row));
    if (row.forks().size() > 1) {
      Series starts = row.forkMedians();
      cells.add(number(starts.min(), row) + ".." + number(starts.max(), row));
    }
    row.figures().stream()
        .filter(f -> !f.heading().isEmpty())
        .map(Figure::cell)
        .forEach(cells::add);
    if (row.goal().isSet()) {
      cells.add(row.goal().text(series.median()));
    }
    return cells;
  }

  private static String number(double value, Row row) {
    return String.format(Locale.ROOT, "%." + row.metric().decimals() + "f", value);
  }

  /** The first line is the heading. */
  private static void write(List<List<String>> block, StringBuilder text) {
    if (block.isEmpty()) {
      return;
    }
    if (!text.isEmpty()) {
      text.append('\n');
    }
    int columns = block.getFirst().size();
    for (List<String> line : block) {
      StringBuilder written = new StringBuilder();
      for (int column = 0; column < columns; column++) {
        String padding = " ".repeat(width(block, column) - line.get(column).length());
        String cell = line.get(column);
        written.append(isText(block, column) ? cell + padding : padding + cell).append("  ");
      }
      text.append(written.toString().stripTrailing()).append('\n');
    }
  }

  private static int width(List<List<String>> block, int column) {
    return block.stream().mapToInt(line -> line.get(column).length()).max().orElse(0);
  }

  private static boolean isText(List<List<String>> block, int column) {
    return block.stream().skip(1).anyMatch(line -> !line.get(column).matches("-|[-0-9.]+"));
  }
}
