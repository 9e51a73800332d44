// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes maps, collections, text, numbers, booleans and null as JSON (RFC 8259), indented by two
 * blanks. Other values, and numbers that JSON does not have, are refused.
 */
final class JsonText {
  private final StringBuilder text = new StringBuilder();

  private JsonText() {}

  static String of(@Nullable Object value) {
    JsonText json = new JsonText();
    json.write(value, 0);
    return json.text.toString();
  }

  private void write(@Nullable Object value, int depth) {
    switch (value) {
      case null -> text.append("null");
      case Map<?, ?> map -> writeMap(map, depth);
      case Collection<?> items -> writeArray(items, depth);
      case String string -> writeString(string);
      case Boolean bool -> text.append(bool);
      case Integer number -> text.append(number);
      case Long number -> text.append(number);
      case Double number when Double.isFinite(number) -> text.append(number);
      default -> throw new IllegalArgumentException("no JSON value: " + value);
    }
  }

  private void writeMap(Map<?, ?> map, int depth) {
    text.append('{');
    String separator = "\n";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      text.append(separator).append("  ".repeat(depth + 1));
      writeString(String.valueOf(entry.getKey()));
      text.append(": ");
      write(entry.getValue(), depth + 1);
      separator = ",\n";
    }
    text.append('\n').append("  ".repeat(depth)).append('}');
  }

  private void writeArray(Collection<?> items, int depth) {
    text.append('[');
    for (Iterator<?> item = items.iterator(); item.hasNext(); ) {
      write(item.next(), depth);
      if (item.hasNext()) {
        text.append(", ");
      }
    }
    text.append(']');
  }

  private void writeString(String string) {
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < ' ') {
        text.append(String.format("\\u%04x", (int) c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
  }
}
