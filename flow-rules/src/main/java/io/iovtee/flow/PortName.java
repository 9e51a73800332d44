// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.Locale;
import java.util.Set;

/**
 * The rule for port names: what a configuration may call a port, so that every rule about it can be
 * written, printed and read back.
 */
public final class PortName {
  /** Longest name, in characters: a network device has at most 15, virtual ports get more room. */
  public static final int LENGTH_MAX = 63;

  /** Words that OVS reads as something other than a port name wherever a port may stand. */
  private static final Set<String> RESERVED =
      Set.of(
          "all",
          "any",
          "controller",
          "drop",
          "flood",
          "in_port",
          "local",
          "none",
          "normal",
          "output",
          "table",
          "unset");

  private PortName() {}

  /**
   * Returns {@code name} if a port may have it.
   *
   * @throws IllegalArgumentException with the name and the rule that it breaks
   */
  public static String check(String name) {
    if (name.isEmpty() || name.length() > LENGTH_MAX) {
      throw new IllegalArgumentException(
          "port name must have 1 to " + LENGTH_MAX + " characters: name=\"" + name + "\"");
    }
    boolean digitsOnly = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!isNameCharacter(c)) {
        throw new IllegalArgumentException(
            "port name may contain letters, digits and _ - . @ + only: name=\"" + name + "\"");
      }
      digitsOnly &= c >= '0' && c <= '9';
    }
    if (digitsOnly) {
      throw new IllegalArgumentException(
          "ports are named, not numbered; a port name needs a character that is not a digit: name="
              + name);
    }
    if (RESERVED.contains(name.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("port name is a reserved word of OVS: name=" + name);
    }
    return name;
  }

  private static boolean isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-'
        || c == '.'
        || c == '@'
        || c == '+';
  }
}
