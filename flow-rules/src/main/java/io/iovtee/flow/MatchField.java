// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The table of fields that a match can name: the one source for the text form, the JSON names and
 * the layout of the key that frames are looked up by.
 *
 * <p>A key is a row of 64-bit words. A field lies in one word (an IPv6 address in two that follow
 * each other); {@code shift} counts from the least significant bit. Several fields share bits where
 * their prerequisites exclude each other: {@code nw_src} and {@code arp_spa}, or {@code tp_src} and
 * {@code icmp_type}.
 *
 * <pre>
 *  word  63            48 47            32 31            16 15      8 7       0
 *   0   | in_port        | dl_type        | vlan_tci       | nw_proto| nw_tos  |
 *   1   | dl_dst                                     | 0 | tcp_flags, nd_options_type |
 *   2   | dl_src                                           | nw_ttl  | nw_frag |
 *   3   | nw_src, arp_spa, nd_reserved    | nw_dst, arp_tpa                    |
 *   4   | tp_src, icmp_type | tp_dst, icmp_code | ipv6_label         | table   |
 *  5, 6 | ipv6_src                                                             |
 *  7, 8 | ipv6_dst                                                             |
 *   9   | arp_sha, nd_sll                                  | arp_op            |
 *  10   | arp_tha, nd_tll                                  | 0                 |
 * 11, 12| nd_target                                                            |
 *  13   | metadata                                                             |
 * 14... | reg0, reg2, ... reg14           | reg1, reg3, ... reg15              |
 * </pre>
 *
 * <p>Words up to 12 are about the frame. Metadata and registers are what rules hand to rules of
 * later tables; each frame starts with zeros. The table is no field: it says where a match is asked
 * ({@link Match#table}).
 *
 * <p>The order of the constants is the order in which OVS prints them. Names, widths, masks and
 * prerequisites: ovs-fields(7).
 */
public enum MatchField {
  /** The port that the frame came from. A match holds its name; keys hold its number. */
  IN_PORT("in_port", 0, 48, 16, Syntax.PORT, false, Prerequisite.NONE),
  /** VLAN ID of the outermost 802.1Q or 802.1ad tag, which must be there. */
  DL_VLAN("dl_vlan", 0, 16, 12, Syntax.DECIMAL, false, Prerequisite.NONE),
  /** Priority code point of the outermost tag, which must be there. */
  DL_VLAN_PCP("dl_vlan_pcp", 0, 29, 3, Syntax.DECIMAL, false, Prerequisite.NONE, "vlan_pcp"),
  /** Tag control information of the outermost tag with bit 0x1000 set; 0 without a tag. */
  VLAN_TCI("vlan_tci", 0, 16, 16, Syntax.HEX, true, Prerequisite.NONE),
  DL_SRC("dl_src", 2, 16, 48, Syntax.ETHERNET, true, Prerequisite.NONE, "eth_src"),
  DL_DST("dl_dst", 1, 16, 48, Syntax.ETHERNET, true, Prerequisite.NONE, "eth_dst"),
  /** Ethertype behind the outermost tag; 0x05ff for a frame that has none (802.2 without SNAP). */
  DL_TYPE("dl_type", 0, 32, 16, Syntax.HEX, false, Prerequisite.NONE, "eth_type"),
  NW_SRC("nw_src", 3, 32, 32, Syntax.IPV4, true, Prerequisite.IPV4, "ip_src"),
  NW_DST("nw_dst", 3, 0, 32, Syntax.IPV4, true, Prerequisite.IPV4, "ip_dst"),
  IPV6_SRC("ipv6_src", 5, 0, 128, Syntax.IPV6, true, Prerequisite.IPV6),
  IPV6_DST("ipv6_dst", 7, 0, 128, Syntax.IPV6, true, Prerequisite.IPV6),
  /** Flow label, 20 bits. Not beside bits that other rules look at: each connection has its own. */
  IPV6_LABEL("ipv6_label", 4, 8, 20, Syntax.NUMBER, true, Prerequisite.IPV6),
  ARP_SPA("arp_spa", 3, 32, 32, Syntax.IPV4, true, Prerequisite.ARP),
  ARP_TPA("arp_tpa", 3, 0, 32, Syntax.IPV4, true, Prerequisite.ARP),
  ARP_OP("arp_op", 9, 0, 16, Syntax.DECIMAL, false, Prerequisite.ARP),
  ARP_SHA("arp_sha", 9, 16, 48, Syntax.ETHERNET, true, Prerequisite.ARP),
  ARP_THA("arp_tha", 10, 16, 48, Syntax.ETHERNET, true, Prerequisite.ARP),
  /** IP protocol; for IPv6 the one behind the extension headers, 44 for later fragments. */
  NW_PROTO("nw_proto", 0, 8, 8, Syntax.DECIMAL, false, Prerequisite.IP, "ip_proto"),
  /** The TOS or traffic class byte without its two ECN bits. */
  NW_TOS("nw_tos", 0, 0, 8, Syntax.DECIMAL, false, Prerequisite.IP),
  NW_ECN("nw_ecn", 0, 0, 2, Syntax.DECIMAL, false, Prerequisite.IP, "ip_ecn"),
  NW_TTL("nw_ttl", 2, 8, 8, Syntax.DECIMAL, false, Prerequisite.IP),
  /** {@link #FRAG_ANY} and {@link #FRAG_LATER}; the value is 0, 1 or 3. */
  NW_FRAG("nw_frag", 2, 0, 2, Syntax.FRAGMENT, true, Prerequisite.IP, "ip_frag"),
  /** Type of ICMP in IPv4 and of ICMPv6 in IPv6. */
  ICMP_TYPE("icmp_type", 4, 48, 8, Syntax.DECIMAL, false, Prerequisite.ICMP, "icmpv6_type"),
  ICMP_CODE("icmp_code", 4, 32, 8, Syntax.DECIMAL, false, Prerequisite.ICMP, "icmpv6_code"),
  /** Target of a neighbour solicitation or advertisement. */
  ND_TARGET("nd_target", 11, 0, 128, Syntax.IPV6, true, Prerequisite.ND),
  /** Source link-layer address option of a neighbour solicitation. */
  ND_SLL("nd_sll", 9, 16, 48, Syntax.ETHERNET, true, Prerequisite.ND_SOLICIT),
  /** Target link-layer address option of a neighbour advertisement. */
  ND_TLL("nd_tll", 10, 16, 48, Syntax.ETHERNET, true, Prerequisite.ND_ADVERT),
  /** The 32 bits before the target: flags of an advertisement, from the highest bit R, S, O. */
  ND_RESERVED("nd_reserved", 3, 32, 32, Syntax.DECIMAL, false, Prerequisite.ND),
  /** Type of the first link-layer address option: 1 source, 2 target, 0 if there is none. */
  ND_OPTIONS_TYPE("nd_options_type", 1, 0, 8, Syntax.DECIMAL, false, Prerequisite.ND),
  TP_SRC("tp_src", 4, 48, 16, Syntax.DECIMAL, true, Prerequisite.TRANSPORT),
  TP_DST("tp_dst", 4, 32, 16, Syntax.DECIMAL, true, Prerequisite.TRANSPORT),
  TCP_FLAGS("tcp_flags", 1, 0, 12, Syntax.TCP_FLAGS, true, Prerequisite.TCP),
  /** 64 bits that a rule can leave for rules of later tables. */
  METADATA("metadata", 13, 0, 64, Syntax.NUMBER, true, Prerequisite.NONE),
  REG0("reg0", 14, 32, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG1("reg1", 14, 0, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG2("reg2", 15, 32, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG3("reg3", 15, 0, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG4("reg4", 16, 32, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG5("reg5", 16, 0, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG6("reg6", 17, 32, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG7("reg7", 17, 0, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG8("reg8", 18, 32, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG9("reg9", 18, 0, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG10("reg10", 19, 32, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG11("reg11", 19, 0, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG12("reg12", 20, 32, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG13("reg13", 20, 0, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG14("reg14", 21, 32, 32, Syntax.NUMBER, true, Prerequisite.NONE),
  REG15("reg15", 21, 0, 32, Syntax.NUMBER, true, Prerequisite.NONE);

  /** How a value is written. */
  public enum Syntax {
    PORT,
    DECIMAL,
    HEX,
    /** Hexadecimal, without leading zeros. */
    NUMBER,
    ETHERNET,
    IPV4,
    IPV6,
    FRAGMENT,
    TCP_FLAGS
  }

  /** Words of a key that fields lie in. */
  public static final int WORD_COUNT = 22;

  /** The word of a key that has the number of the table in its lowest bits. */
  public static final int TABLE_WORD = 4;

  /** These bits. */
  public static final long TABLE_MASK = 0xff;

  /** Bit of nw_frag: the packet is a fragment. */
  public static final int FRAG_ANY = 1;

  /** Bit of nw_frag: the packet is a fragment with an offset other than 0. */
  public static final int FRAG_LATER = 2;

  /** Bit of vlan_tci that says "there is a tag" (CFI's place, OFPVID_PRESENT). */
  public static final int TAG_PRESENT = 0x1000;

  /** Not to be written: values() makes a copy each time. */
  static final MatchField[] ALL = values();

  private static final Map<String, MatchField> BY_NAME = new HashMap<>();

  static {
    for (MatchField field : values()) {
      BY_NAME.put(field.fieldName, field);
      for (String alias : field.aliases) {
        BY_NAME.put(alias, field);
      }
    }
  }

  private final String fieldName;
  private final int word;
  private final int shift;
  private final int width;
  private final Syntax syntax;
  private final boolean maskable;
  private final Prerequisite prerequisite;
  private final List<String> aliases;

  MatchField(
      String fieldName,
      int word,
      int shift,
      int width,
      Syntax syntax,
      boolean maskable,
      Prerequisite prerequisite,
      String... aliases) {
    this.fieldName = fieldName;
    this.word = word;
    this.shift = shift;
    this.width = width;
    this.syntax = syntax;
    this.maskable = maskable;
    this.prerequisite = prerequisite;
    this.aliases = List.of(aliases);
  }

  /** The field with this name or alias, in lower case as OVS writes it. */
  public static @Nullable MatchField byName(String name) {
    return BY_NAME.get(name);
  }

  /** Name in the text form and in JSON. */
  public String fieldName() {
    return fieldName;
  }

  /** Other names that the text form accepts and never prints. */
  public List<String> aliases() {
    return aliases;
  }

  /** The word of the key, or the first of the two of an IPv6 address. */
  public int word() {
    return word;
  }

  /** Position of the lowest bit in the word. */
  public int shift() {
    return shift;
  }

  /** Bits: 2 to 128. */
  public int width() {
    return width;
  }

  public Syntax syntax() {
    return syntax;
  }

  /** Whether a match may look at some of the bits only. */
  public boolean isMaskable() {
    return maskable;
  }

  public Prerequisite prerequisite() {
    return prerequisite;
  }

  /** Whether the field is no part of a frame: metadata or a register. */
  public boolean isState() {
    return word >= METADATA.word;
  }

  /** Whether the field fills two words. */
  public boolean isWide() {
    return width == 128;
  }

  /**
   * The mask of an exact match on the low word: all bits of the field, or for nw_tos all but the
   * two that belong to nw_ecn.
   */
  public long exactMask() {
    return this == NW_TOS ? 0xfc : lowBits();
  }

  /**
   * The field's bits of a word of a key, moved to the low end; for a wide field the word itself.
   */
  public long extract(long keyWord) {
    return keyWord >>> shift & lowBits();
  }

  private long lowBits() {
    return width >= 64 ? -1L : (1L << width) - 1;
  }
}
