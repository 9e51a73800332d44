// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.MatchField;

/**
 * The three ways to write tcp_flags (ovs-fields(7)): {@code +syn-ack} for some of the flags, {@code
 * syn|ack} or a number for all of them, {@code 0x002/0x012} for value and mask.
 */
final class TcpFlagsSyntax {
  private static final String[] NAMES = {
    "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns", "[200]", "[400]", "[800]"
  };
  private static final int ALL = 0xfff;
  private static final String ALLOWED =
      "allowed: +FLAG or -FLAG without anything between, FLAG|FLAG, or NUMBER/NUMBER, with FLAG one"
          + " of "
          + String.join(" ", NAMES);

  private TcpFlagsSyntax() {}

  static FieldMatch parse(String text) {
    int slash = text.indexOf('/');
    if (slash >= 0) {
      return FieldMatch.masked(
          MatchField.TCP_FLAGS,
          NumberSyntax.parse(text.substring(0, slash), ALL),
          NumberSyntax.parse(text.substring(slash + 1), ALL));
    }
    if (text.startsWith("+") || text.startsWith("-")) {
      return parseSigned(text);
    }
    int flags = 0;
    for (String name : text.split("\\|", -1)) {
      boolean number = !name.isEmpty() && Character.digit(name.charAt(0), 10) >= 0;
      flags |= number ? (int) NumberSyntax.parse(name, ALL) : flag(name);
    }
    return FieldMatch.exact(MatchField.TCP_FLAGS, flags);
  }

  private static FieldMatch parseSigned(String text) {
    int value = 0;
    int mask = 0;
    int start = 0;
    while (start < text.length()) {
      int end = start + 1;
      while (end < text.length() && text.charAt(end) != '+' && text.charAt(end) != '-') {
        end++;
      }
      int flag = flag(text.substring(start + 1, end));
      if ((mask & flag) != 0) {
        throw new IllegalArgumentException("flag given twice: " + text.substring(start + 1, end));
      }
      mask |= flag;
      value |= text.charAt(start) == '+' ? flag : 0;
      start = end;
    }
    return FieldMatch.masked(MatchField.TCP_FLAGS, value, mask);
  }

  private static int flag(String name) {
    for (int bit = 0; bit < NAMES.length; bit++) {
      if (NAMES[bit].equals(name)) {
        return 1 << bit;
      }
    }
    throw new IllegalArgumentException("no such TCP flag: \"" + name + "\"; " + ALLOWED);
  }

  static String format(FieldMatch match) {
    int value = (int) match.value();
    int mask = (int) match.mask();
    boolean exact = mask == ALL;
    if (exact && value == 0) {
      return "0";
    }
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < NAMES.length; bit++) {
      boolean set = (value & 1 << bit) != 0;
      if (exact && set) {
        text.append(text.isEmpty() ? "" : "|").append(NAMES[bit]);
      } else if (!exact && (mask & 1 << bit) != 0) {
        text.append(set ? '+' : '-').append(NAMES[bit]);
      }
    }
    return text.toString();
  }
}
