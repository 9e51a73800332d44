// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes JSON (RFC 8259); reading it is the server's business. */
final class Json {
  private Json() {}

  /** JSON text that is written as it is. */
  record Raw(String text) {}

  /**
   * The value of an object that has one member, as the API's lists are: {@code {"mappings":[…]}}.
   *
   * @throws CommandException if the text is not such an object
   */
  static Raw onlyMember(String text, String name) {
    Matcher matcher =
        Pattern.compile("\\{\\s*\"([^\"]*)\"\\s*:(.*)}", Pattern.DOTALL).matcher(text.strip());
    if (!matcher.matches() || !name.equals(matcher.group(1))) {
      throw new CommandException("the switch did not answer with '%s': %s".formatted(name, text));
    }
    return new Raw(matcher.group(2).strip());
  }

  static String object(Map<String, ?> members) {
    StringBuilder out = new StringBuilder();
    write(members, out);
    return out.toString();
  }

  private static void write(@Nullable Object value, StringBuilder out) {
    switch (value) {
      case null -> out.append("null");
      case Raw raw -> out.append(raw.text());
      case Map<?, ?> map -> {
        String separator = "{";
        for (Map.Entry<?, ?> member : map.entrySet()) {
          out.append(separator);
          quote(String.valueOf(member.getKey()), out);
          out.append(':');
          write(member.getValue(), out);
          separator = ",";
        }
        out.append(map.isEmpty() ? "{}" : "}");
      }
      case List<?> list -> {
        String separator = "[";
        for (Object item : list) {
          out.append(separator);
          write(item, out);
          separator = ",";
        }
        out.append(list.isEmpty() ? "[]" : "]");
      }
      case Number number -> out.append(number);
      case Boolean flag -> out.append(flag);
      default -> quote(value.toString(), out);
    }
  }

  private static void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
