// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.text.AddressSyntax.Ipv6;
import org.jspecify.annotations.Nullable;

/**
 * The value of one field as text, {@code VALUE} or {@code VALUE/MASK}: the same in rules and in
 * JSON, where it stands under {@link MatchField#fieldName()}. No state, any thread.
 */
public final class FieldSyntax {
  /** The names of nw_frag's values, each with value and mask; the first that fits is printed. */
  private static final String[] FRAGMENT_NAMES = {"no", "yes", "first", "later", "not_later"};

  private static final int[] FRAGMENT_VALUES = {0, 1, 1, 2, 0};
  private static final int[] FRAGMENT_MASKS = {3, 1, 3, 2, 2};

  /** OpenFlow 1.0's dl_vlan for "no tag" (OFP_VLAN_NONE). */
  private static final int VLAN_NONE = 0xffff;

  private FieldSyntax() {}

  /**
   * Reads what follows {@code FIELD=}. Bits of the value outside the mask are left out, as OVS
   * does.
   *
   * @param field any but {@link MatchField#IN_PORT}
   * @return a match on that field; {@code dl_vlan=0xffff} gives the match on vlan_tci that it means
   * @throws IllegalArgumentException with what is wrong and what is allowed
   */
  public static FieldMatch parse(MatchField field, String text) {
    return switch (field.syntax()) {
      case PORT -> throw new IllegalArgumentException("in_port is matched by name");
      case DECIMAL, HEX, NUMBER -> parseNumber(field, text);
      case ETHERNET -> parseEthernet(field, text);
      case IPV4 -> parseIpv4(field, text);
      case IPV6 -> parseIpv6(field, text);
      case FRAGMENT -> parseFragment(text);
      case TCP_FLAGS -> TcpFlagsSyntax.parse(text);
    };
  }

  /** Writes what {@link #parse} reads as an equal match. */
  public static String format(FieldMatch match) {
    return switch (match.field().syntax()) {
      case PORT -> throw new IllegalArgumentException("in_port is matched by name");
      case DECIMAL ->
          match.isExact()
              ? Long.toString(match.value())
              : "0x" + Long.toHexString(match.value()) + "/0x" + Long.toHexString(match.mask());
      case HEX ->
          match.isExact()
              ? "0x%04x".formatted(match.value())
              : "0x%04x/0x%04x".formatted(match.value(), match.mask());
      case NUMBER ->
          "0x%x".formatted(match.value())
              + (match.isExact() ? "" : "/0x%x".formatted(match.mask()));
      case ETHERNET ->
          AddressSyntax.formatEthernet(match.value())
              + (match.isExact() ? "" : "/" + AddressSyntax.formatEthernet(match.mask()));
      case IPV4 -> AddressSyntax.formatIpv4(match.value()) + formatIpv4Mask(match);
      case IPV6 ->
          AddressSyntax.formatIpv6(match.valueHigh(), match.value()) + formatIpv6Mask(match);
      case FRAGMENT -> formatFragment(match);
      case TCP_FLAGS -> TcpFlagsSyntax.format(match);
    };
  }

  /**
   * Reads OpenFlow's vlan_vid: a VLAN ID with the bit 0x1000, "there is a tag"; 0 is no tag.
   *
   * @throws IllegalArgumentException with what is wrong and what is allowed
   */
  static FieldMatch parseVlanVid(String text) {
    int all = MatchField.TAG_PRESENT | (int) MatchField.DL_VLAN.exactMask();
    int slash = text.indexOf('/');
    long value = NumberSyntax.parse(slash < 0 ? text : text.substring(0, slash), all);
    long mask = slash < 0 ? all : NumberSyntax.parse(text.substring(slash + 1), all);
    boolean exact = mask == all && (value & MatchField.TAG_PRESENT) != 0;
    return exact
        ? FieldMatch.exact(MatchField.DL_VLAN, value & ~MatchField.TAG_PRESENT)
        : FieldMatch.masked(MatchField.VLAN_TCI, value, mask);
  }

  private static FieldMatch parseNumber(MatchField field, String text) {
    long max = field == MatchField.NW_TOS ? 0xff : field.exactMask();
    Masked parts = Masked.split(field, text);
    if (parts.mask() != null) {
      return FieldMatch.masked(
          field, NumberSyntax.parse(parts.value(), max), NumberSyntax.parse(parts.mask(), max));
    }
    if (field == MatchField.DL_VLAN) {
      long id = NumberSyntax.parse(parts.value(), VLAN_NONE);
      if (id == VLAN_NONE) {
        return FieldMatch.exact(MatchField.VLAN_TCI, 0);
      }
    }
    return FieldMatch.exact(field, NumberSyntax.parse(parts.value(), max));
  }

  private static FieldMatch parseEthernet(MatchField field, String text) {
    Masked parts = Masked.split(field, text);
    long value = AddressSyntax.parseEthernet(parts.value());
    long mask =
        parts.mask() == null ? field.exactMask() : AddressSyntax.parseEthernet(parts.mask());
    if (value < 0 || mask < 0) {
      throw new IllegalArgumentException(
          "not an Ethernet address; allowed: xx:xx:xx:xx:xx:xx, also with /xx:xx:xx:xx:xx:xx");
    }
    return FieldMatch.masked(field, value, mask);
  }

  private static FieldMatch parseIpv4(MatchField field, String text) {
    Masked parts = Masked.split(field, text);
    long value = AddressSyntax.parseIpv4(parts.value());
    int prefix = parts.prefixLength(32);
    long mask =
        prefix >= 0
            ? 0xffff_ffffL << (32 - prefix) & 0xffff_ffffL
            : AddressSyntax.parseIpv4(parts.maskOrEmpty());
    if (value < 0 || mask < 0) {
      throw new IllegalArgumentException(
          "not an IPv4 address; allowed: a.b.c.d with each number 0 to 255, also with /0 to /32 or"
              + " /a.b.c.d");
    }
    return FieldMatch.masked(field, value, mask);
  }

  private static FieldMatch parseIpv6(MatchField field, String text) {
    Masked parts = Masked.split(field, text);
    Ipv6 value = AddressSyntax.parseIpv6(parts.value());
    int prefix = parts.prefixLength(128);
    Ipv6 mask = prefix >= 0 ? Ipv6.ofPrefix(prefix) : AddressSyntax.parseIpv6(parts.maskOrEmpty());
    if (value == null || mask == null) {
      throw new IllegalArgumentException(
          "not an IPv6 address; allowed: as in 2001:db8::1, also with /0 to /128 or a mask of the"
              + " same form");
    }
    return new FieldMatch(field, value.high(), value.low(), mask.high(), mask.low());
  }

  private static FieldMatch parseFragment(String text) {
    for (int i = 0; i < FRAGMENT_NAMES.length; i++) {
      if (FRAGMENT_NAMES[i].equalsIgnoreCase(text)) {
        return FieldMatch.masked(MatchField.NW_FRAG, FRAGMENT_VALUES[i], FRAGMENT_MASKS[i]);
      }
    }
    throw new IllegalArgumentException(
        "not a kind of fragment; allowed: " + String.join(", ", FRAGMENT_NAMES));
  }

  private static String formatFragment(FieldMatch match) {
    for (int i = 0; i < FRAGMENT_NAMES.length; i++) {
      if (FRAGMENT_VALUES[i] == match.value() && FRAGMENT_MASKS[i] == match.mask()) {
        return FRAGMENT_NAMES[i];
      }
    }
    throw new IllegalArgumentException("no name for nw_frag: " + match);
  }

  private static String formatIpv4Mask(FieldMatch match) {
    if (match.isExact()) {
      return "";
    }
    int length = Long.bitCount(match.mask());
    boolean prefix = match.mask() == (0xffff_ffffL << (32 - length) & 0xffff_ffffL);
    return "/" + (prefix ? Integer.toString(length) : AddressSyntax.formatIpv4(match.mask()));
  }

  private static String formatIpv6Mask(FieldMatch match) {
    if (match.isExact()) {
      return "";
    }
    int length = new Ipv6(match.maskHigh(), match.mask()).prefixLength();
    return "/"
        + (length >= 0
            ? Integer.toString(length)
            : AddressSyntax.formatIpv6(match.maskHigh(), match.mask()));
  }

  /** A value and, behind a slash, its mask. */
  private record Masked(String value, @Nullable String mask) {
    static Masked split(MatchField field, String text) {
      int slash = text.indexOf('/');
      if (slash < 0) {
        return new Masked(text, null);
      }
      Masked parts = new Masked(text.substring(0, slash), text.substring(slash + 1));
      return field.isMaskable() ? parts : new Masked(parts.whole(field), null);
    }

    /** The value in front of a mask that leaves out no bit, which OVS takes for each field. */
    private String whole(MatchField field) {
      long all = field.exactMask();
      long container = all <= 0xff ? 0xff : all <= 0xffff ? 0xffff : 0xffff_ffffL;
      if ((NumberSyntax.parse(maskOrEmpty(), container) & all) != all) {
        throw new IllegalArgumentException(
            "%s takes no mask but 0x%x, all of it".formatted(field.fieldName(), container));
      }
      return value;
    }

    String maskOrEmpty() {
      return mask == null ? "" : mask;
    }

    /** The number of bits that the mask names; all of them without a mask; -1 if not a number. */
    int prefixLength(int max) {
      if (mask == null) {
        return max;
      }
      if (mask.isEmpty() || mask.length() > 3) {
        return -1;
      }
      int length = 0;
      for (int i = 0; i < mask.length(); i++) {
        if (mask.charAt(i) < '0' || mask.charAt(i) > '9') {
          return -1;
        }
        length = length * 10 + mask.charAt(i) - '0';
      }
      return length <= max ? length : -1;
    }
  }
}
