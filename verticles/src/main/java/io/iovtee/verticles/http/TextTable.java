// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Rows in columns for people: numbers to the right, all else to the left, no trailing blanks. */
final class TextTable {
  private final String[] titles;
  private final List<String[]> rows = new ArrayList<>();
  private final boolean[] numeric;

  TextTable(String... titles) {
    this.titles = titles;
    numeric = new boolean[titles.length];
  }

  /** Adds a row; a column is numeric when its last cell is a number. */
  TextTable row(Object... cells) {
    String[] row = new String[titles.length];
    for (int i = 0; i < row.length; i++) {
      Object cell = cells[i];
      numeric[i] = cell instanceof Number;
      row[i] =
          cell instanceof Double number
              ? String.format(Locale.ROOT, "%.1f", number)
              : printable(String.valueOf(cell));
    }
    rows.add(row);
    return this;
  }

  /**
   * A guest or a file may have named something with control characters: they stay off a terminal.
   */
  static String printable(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    text.codePoints().forEach(c -> clean.appendCodePoint(Character.isISOControl(c) ? '\ufffd' : c));
    return clean.toString();
  }

  @Override
  public String toString() {
    int[] width = new int[titles.length];
    for (int i = 0; i < width.length; i++) {
      width[i] = titles[i].length();
      for (String[] row : rows) {
        width[i] = Math.max(width[i], row[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    append(text, titles, width);
    for (String[] row : rows) {
      append(text, row, width);
    }
    return text.toString();
  }

  private void append(StringBuilder text, String[] cells, int[] width) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.length; i++) {
      String blanks = " ".repeat(width[i] - cells[i].length());
      line.append(i == 0 ? "" : "  ").append(numeric[i] ? blanks + cells[i] : cells[i] + blanks);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }
}
