// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** Addresses and numbers as people write them; each failure says what is allowed. */
final class TextValues {
  private TextValues() {}

  /** A MAC address {@code 02:00:00:00:00:11} as 48 bits. */
  static long mac(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length != 6) {
      throw wrong(text, "a MAC address like 02:00:00:00:00:11");
    }
    long value = 0;
    for (String part : parts) {
      if (part.isEmpty() || part.length() > 2) {
        throw wrong(text, "a MAC address like 02:00:00:00:00:11");
      }
      value = value << 8 | digits(part, 16, text, "a MAC address like 02:00:00:00:00:11");
    }
    return value;
  }

  /** An IPv4 address {@code 10.0.0.1} as 32 bits. */
  static long ipv4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      throw wrong(text, "an IPv4 address like 10.0.0.1");
    }
    long value = 0;
    for (String part : parts) {
      long octet =
          part.isEmpty() || part.length() > 3
              ? 256
              : digits(part, 10, text, "an IPv4 address like 10.0.0.1");
      if (octet > 255) {
        throw wrong(text, "an IPv4 address like 10.0.0.1");
      }
      value = value << 8 | octet;
    }
    return value;
  }

  /** A decimal or {@code 0x} number in {@code 0..max}. */
  static long number(String text, long max) {
    String allowed = "a number in 0.." + max;
    boolean hex = text.startsWith("0x") || text.startsWith("0X");
    String digits = hex ? text.substring(2) : text;
    if (digits.isEmpty() || digits.length() > 15) {
      throw wrong(text, allowed);
    }
    long value = digits(digits, hex ? 16 : 10, text, allowed);
    if (value > max) {
      throw wrong(text, allowed);
    }
    return value;
  }

  static String macText(long value) {
    StringBuilder text = new StringBuilder(17);
    for (int shift = 40; shift >= 0; shift -= 8) {
      text.append("%02x".formatted(value >> shift & 0xff)).append(shift == 0 ? "" : ":");
    }
    return text.toString();
  }

  static String ipv4Text(long value) {
    return "%d.%d.%d.%d"
        .formatted(value >> 24 & 0xff, value >> 16 & 0xff, value >> 8 & 0xff, value & 0xff);
  }

  private static long digits(String digits, int radix, String text, String allowed) {
    long value = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      int digit = c < 128 ? Character.digit(c, radix) : -1;
      if (digit < 0) {
        throw wrong(text, allowed);
      }
      value = value * radix + digit;
    }
    return value;
  }

  private static IllegalArgumentException wrong(String text, String allowed) {
    return new IllegalArgumentException("\"" + text + "\" is not " + allowed);
  }
}
