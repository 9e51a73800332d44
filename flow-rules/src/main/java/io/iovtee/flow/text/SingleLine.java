// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Texts that say one thing a line; blank lines, and what follows a #, are left out. */
final class SingleLine {
  private SingleLine() {}

  /**
   * Reads the one thing that a text says.
   *
   * @param what it is, with its number
   * @param example of it
   */
  static <T> T read(String text, String what, String example, Function<Line, T> reader) {
    T found = null;
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      Line line = new Line(lines.get(i), i + 1);
      if (line.isBlank()) {
        continue;
      }
      if (found != null) {
        throw line.error(1, lines.get(i), what + " was expected, this is another line");
      }
      found = reader.apply(line);
    }
    if (found == null) {
      throw new Line("", 1).error(1, "nothing", what + " was expected, for example " + example);
    }
    return found;
  }

  static <T> List<T> readAll(String text, Function<Line, T> reader) {
    return readAll(text, 1, line -> List.of(reader.apply(line)));
  }

  /**
   * Reads what all lines say.
   *
   * @param firstLine number of the first line, for errors
   * @param reader of one line, which may say several things
   */
  static <T> List<T> readAll(
      String text, int firstLine, Function<Line, ? extends List<? extends T>> reader) {
    List<T> found = new ArrayList<>();
    int number = firstLine;
    for (String content : (Iterable<String>) text.lines()::iterator) {
      Line line = new Line(content, number++);
      if (!line.isBlank()) {
        found.addAll(reader.apply(line));
      }
    }
    return found;
  }
}
