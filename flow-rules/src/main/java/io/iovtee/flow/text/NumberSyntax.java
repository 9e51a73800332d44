// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

/** Unsigned numbers as text: decimal, or hexadecimal with 0x in front. */
final class NumberSyntax {
  /** Digits of the largest 64-bit number in decimal; longer texts are not looked at. */
  private static final int DIGITS_MAX = 20;

  private NumberSyntax() {}

  /**
   * @param max largest value, unsigned
   * @throws IllegalArgumentException if this is no number or larger than {@code max}
   */
  static long parse(String text, long max) {
    boolean hex = text.startsWith("0x") || text.startsWith("0X");
    String digits = hex ? text.substring(2) : text;
    if (digits.isEmpty() || digits.length() > DIGITS_MAX || !areDigits(digits, hex ? 16 : 10)) {
      throw new IllegalArgumentException(
          "not a number; allowed: " + range(max) + ", or hexadecimal with 0x");
    }
    if (!hex && digits.length() > 1 && digits.charAt(0) == '0') {
      // OVS reads some of its numbers as octal then: better ask than guess.
      throw new IllegalArgumentException("a decimal number may not start with 0");
    }
    long number;
    try {
      number = Long.parseUnsignedLong(digits, hex ? 16 : 10);
    } catch (NumberFormatException tooLarge) {
      throw new IllegalArgumentException("number too large; allowed: " + range(max), tooLarge);
    }
    if (Long.compareUnsigned(number, max) > 0) {
      throw new IllegalArgumentException("number too large; allowed: " + range(max));
    }
    return number;
  }

  private static boolean areDigits(String text, int radix) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 128 || Character.digit(c, radix) < 0) {
        return false;
      }
    }
    return true;
  }

  private static String range(long max) {
    return "0 to " + Long.toUnsignedString(max);
  }
}
