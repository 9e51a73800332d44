// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import org.jspecify.annotations.Nullable;

/** Ethernet, IPv4 and IPv6 addresses as text. Nothing here asks a name service. */
final class AddressSyntax {
  private static final int IPV6_GROUPS = 8;

  private AddressSyntax() {}

  /** Two halves of an IPv6 address. */
  record Ipv6(long high, long low) {
    /** The mask of a prefix of 0..128 bits. */
    static Ipv6 ofPrefix(int length) {
      return new Ipv6(
          upperBits(Math.min(length, Long.SIZE)), upperBits(Math.max(length - Long.SIZE, 0)));
    }

    /** Length of the prefix that this is the mask of, or -1. */
    int prefixLength() {
      int length = Long.bitCount(high) + Long.bitCount(low);
      return equals(ofPrefix(length)) ? length : -1;
    }

    private static long upperBits(int count) {
      return count == 0 ? 0 : -1L << (Long.SIZE - count);
    }
  }

  /** Six groups of one or two hexadecimal digits; -1 if it is something else. */
  static long parseEthernet(String text) {
    String[] groups = text.split(":", -1);
    if (groups.length != 6) {
      return -1;
    }
    long address = 0;
    for (String group : groups) {
      int number = parseHexGroup(group, 2);
      if (number < 0) {
        return -1;
      }
      address = address << 8 | number;
    }
    return address;
  }

  static String formatEthernet(long address) {
    StringBuilder text = new StringBuilder(17);
    for (int shift = 40; shift >= 0; shift -= 8) {
      int octet = (int) (address >>> shift) & 0xff;
      text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 0xf, 16));
      if (shift > 0) {
        text.append(':');
      }
    }
    return text.toString();
  }

  /** Four decimal octets, without leading zeros (some read those as octal); -1 if not. */
  static long parseIpv4(String text) {
    long address = 0;
    int octets = 0;
    int octet = -1;
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : '.';
      if (c == '.') {
        if (octet < 0) {
          return -1;
        }
        octets++;
        address = address << 8 | octet;
        octet = -1;
      } else if (c < '0' || c > '9' || octet == 0) {
        return -1;
      } else {
        octet = Math.max(octet, 0) * 10 + c - '0';
        if (octet > 255) {
          return -1;
        }
      }
    }
    return octets == 4 ? address : -1;
  }

  static String formatIpv4(long address) {
    return (address >>> 24 & 0xff)
        + "."
        + (address >>> 16 & 0xff)
        + "."
        + (address >>> 8 & 0xff)
        + "."
        + (address & 0xff);
  }

  /** All forms of RFC 4291 section 2.2, also with a dotted quad at the end; null if not. */
  static @Nullable Ipv6 parseIpv6(String text) {
    int gap = text.indexOf("::");
    if (gap < 0) {
      int[] groups = parseGroups(text, true);
      return groups != null && groups.length == IPV6_GROUPS ? join(groups, new int[0]) : null;
    }
    int[] front = parseGroups(text.substring(0, gap), false);
    int[] back = parseGroups(text.substring(gap + 2), true);
    if (front == null || back == null || front.length + back.length >= IPV6_GROUPS) {
      return null;
    }
    return join(front, back);
  }

  private static int @Nullable [] parseGroups(String text, boolean mayEndInIpv4) {
    if (text.isEmpty()) {
      return new int[0];
    }
    String[] parts = text.split(":", -1);
    String last = parts[parts.length - 1];
    boolean quad = mayEndInIpv4 && last.indexOf('.') >= 0;
    int plain = quad ? parts.length - 1 : parts.length;
    int[] groups = new int[quad ? plain + 2 : plain];
    for (int i = 0; i < plain; i++) {
      groups[i] = parseHexGroup(parts[i], 4);
      if (groups[i] < 0) {
        return null;
      }
    }
    if (quad) {
      long address = parseIpv4(last);
      if (address < 0) {
        return null;
      }
      groups[plain] = (int) (address >>> 16);
      groups[plain + 1] = (int) address & 0xffff;
    }
    return groups;
  }

  private static Ipv6 join(int[] front, int[] back) {
    long[] halves = new long[2];
    for (int i = 0; i < front.length; i++) {
      put(halves, i, front[i]);
    }
    for (int i = 0; i < back.length; i++) {
      put(halves, IPV6_GROUPS - back.length + i, back[i]);
    }
    return new Ipv6(halves[0], halves[1]);
  }

  private static void put(long[] halves, int index, long group) {
    halves[index / 4] |= group << (48 - 16 * (index % 4));
  }

  /** As RFC 5952 wants it: no leading zeros, the longest run of zero groups as "::". */
  static String formatIpv6(long high, long low) {
    int bestStart = -1;
    int bestLength = 1;
    for (int i = 0; i < IPV6_GROUPS; i++) {
      int length = 0;
      while (i + length < IPV6_GROUPS && group(high, low, i + length) == 0) {
        length++;
      }
      if (length > bestLength) {
        bestStart = i;
        bestLength = length;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < IPV6_GROUPS; i++) {
      if (i == bestStart) {
        text.append("::");
        i += bestLength - 1;
        continue;
      }
      if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
        text.append(':');
      }
      text.append(Integer.toHexString(group(high, low, i)));
    }
    return text.toString();
  }

  private static int group(long high, long low, int index) {
    return (int) ((index < 4 ? high : low) >>> (48 - 16 * (index % 4))) & 0xffff;
  }

  private static int parseHexGroup(String text, int digitsMax) {
    if (text.isEmpty() || text.length() > digitsMax) {
      return -1;
    }
    int number = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        return -1;
      }
      number = number << 4 | digit;
    }
    return number;
  }
}
