// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.MatchField;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Some bits of a field that actions name: {@code FIELD}, {@code FIELD[]}, {@code FIELD[BIT]} or
 * {@code FIELD[FIRST..LAST]}, where the field also has the names of OpenFlow's own binary form.
 *
 * @param field any
 * @param from the lowest bit, counted from the least significant
 * @param width how many bits
 */
record BitRange(MatchField field, int from, int width) {
  /** Names in OpenFlow's own binary form, behind NXM_OF_, NXM_NX_ and OXM_OF_. */
  private static final Map<String, MatchField> BY_WIRE_NAME = new HashMap<>();

  static {
    name(MatchField.METADATA, "OXM_OF_METADATA");
    for (int i = 0; i < 16; i++) {
      name(MatchField.valueOf("REG" + i), "NXM_NX_REG" + i);
    }
    name(MatchField.IN_PORT, "NXM_OF_IN_PORT", "OXM_OF_IN_PORT");
    name(MatchField.VLAN_TCI, "NXM_OF_VLAN_TCI");
    name(MatchField.DL_TYPE, "NXM_OF_ETH_TYPE", "OXM_OF_ETH_TYPE");
    name(MatchField.NW_PROTO, "NXM_OF_IP_PROTO", "OXM_OF_IP_PROTO");
    name(MatchField.DL_SRC, "NXM_OF_ETH_SRC", "OXM_OF_ETH_SRC");
    name(MatchField.DL_DST, "NXM_OF_ETH_DST", "OXM_OF_ETH_DST");
    name(MatchField.NW_SRC, "NXM_OF_IP_SRC", "OXM_OF_IPV4_SRC");
    name(MatchField.NW_DST, "NXM_OF_IP_DST", "OXM_OF_IPV4_DST");
    name(MatchField.IPV6_SRC, "NXM_NX_IPV6_SRC", "OXM_OF_IPV6_SRC");
    name(MatchField.IPV6_DST, "NXM_NX_IPV6_DST", "OXM_OF_IPV6_DST");
    name(MatchField.IPV6_LABEL, "NXM_NX_IPV6_LABEL", "OXM_OF_IPV6_FLABEL");
    name(MatchField.DL_VLAN_PCP, "OXM_OF_VLAN_PCP");
    name(MatchField.ARP_SPA, "NXM_OF_ARP_SPA", "OXM_OF_ARP_SPA");
    name(MatchField.ARP_TPA, "NXM_OF_ARP_TPA", "OXM_OF_ARP_TPA");
    name(MatchField.ARP_OP, "NXM_OF_ARP_OP", "OXM_OF_ARP_OP");
    name(MatchField.ARP_SHA, "NXM_NX_ARP_SHA", "OXM_OF_ARP_SHA");
    name(MatchField.ARP_THA, "NXM_NX_ARP_THA", "OXM_OF_ARP_THA");
    name(MatchField.NW_ECN, "NXM_NX_IP_ECN", "OXM_OF_IP_ECN");
    name(MatchField.NW_TTL, "NXM_NX_IP_TTL");
    name(MatchField.ICMP_TYPE, "NXM_OF_ICMP_TYPE", "OXM_OF_ICMPV4_TYPE");
    name(MatchField.ICMP_CODE, "NXM_OF_ICMP_CODE", "OXM_OF_ICMPV4_CODE");
    name(MatchField.ND_TARGET, "NXM_NX_ND_TARGET", "OXM_OF_IPV6_ND_TARGET");
    name(MatchField.ND_SLL, "NXM_NX_ND_SLL", "OXM_OF_IPV6_ND_SLL");
    name(MatchField.ND_TLL, "NXM_NX_ND_TLL", "OXM_OF_IPV6_ND_TLL");
    name(MatchField.ND_RESERVED, "ERICOXM_OF_ICMPV6_ND_RESERVED");
    name(MatchField.ND_OPTIONS_TYPE, "ERICOXM_OF_ICMPV6_ND_OPTIONS_TYPE");
  }

  private static void name(MatchField field, String... names) {
    for (String name : names) {
      BY_WIRE_NAME.put(name, field);
    }
  }

  /** The field with this name; null if there is none. */
  static @Nullable MatchField field(String name) {
    ProtocolField named = ProtocolField.byAnyName(name);
    MatchField field = named != null ? named.field() : BY_WIRE_NAME.get(name);
    return field != null ? field : MatchField.byName(name);
  }

  /**
   * Reads the bits.
   *
   * @param text what stands behind the field's name
   * @throws IllegalArgumentException with what is wrong and what is allowed
   */
  static BitRange of(MatchField field, String text) {
    if (!text.isEmpty() && !(text.startsWith("[") && text.endsWith("]"))) {
      throw new IllegalArgumentException("bits are written as FIELD[FIRST..LAST]");
    }
    String bits = text.isEmpty() ? "" : text.substring(1, text.length() - 1);
    int last = field.width() - 1;
    if (bits.isEmpty()) {
      return new BitRange(field, 0, last + 1);
    }
    int dots = bits.indexOf("..");
    int from = (int) NumberSyntax.parse(dots < 0 ? bits : bits.substring(0, dots), last);
    int to = dots < 0 ? from : (int) NumberSyntax.parse(bits.substring(dots + 2), last);
    if (to < from) {
      throw new IllegalArgumentException("the last bit is before the first: " + bits);
    }
    return new BitRange(field, from, to - from + 1);
  }

  /** Reads a field and its bits. */
  static BitRange parse(String text) {
    int open = text.indexOf('[');
    String name = open < 0 ? text : text.substring(0, open);
    MatchField field = field(name);
    if (field == null) {
      String feature = OvsFeature.ofMatch(name);
      throw new IllegalArgumentException(
          feature == null
              ? "not supported: this field: " + name
              : "not supported: " + name + " (" + feature + ")");
    }
    return of(field, open < 0 ? "" : text.substring(open));
  }

  /**
   * These bits of the field, and what they are.
   *
   * @param number what the bits are, right aligned
   * @throws IllegalArgumentException if it does not fit, or the field can be named as a whole only
   */
  FieldMatch with(String number) {
    long all = width >= Long.SIZE ? -1L : (1L << width) - 1;
    long value = NumberSyntax.parse(number, all);
    boolean high = from >= Long.SIZE;
    int shift = high ? from - Long.SIZE : from;
    // A range that reaches over the middle of an IPv6 address has bits in both halves.
    boolean both = !high && from + width > Long.SIZE;
    int spilt = from + width - Long.SIZE;
    long highMask = both ? (spilt == Long.SIZE ? -1L : (1L << spilt) - 1) : high ? all << shift : 0;
    long highValue = both && shift > 0 ? value >>> (Long.SIZE - shift) : high ? value << shift : 0;
    long mask = high ? 0 : all << shift;
    return new FieldMatch(field, highValue, high ? 0 : value << shift & mask, highMask, mask);
  }

  @Override
  public String toString() {
    return field.fieldName()
        + (width == field.width() ? "[]" : "[" + from + ".." + (from + width - 1) + "]");
  }
}
