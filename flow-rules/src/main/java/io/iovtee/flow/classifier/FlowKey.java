// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.MatchField;

/**
 * Layout of a key: what a lookup can know about one frame, in {@link #WORDS} longs of a {@code
 * long[]} that the caller owns, from an offset that the caller chooses. A batch of keys lies in one
 * array, key i at {@code i * WORDS}. The picture is at {@link MatchField}; a test holds these
 * constants against that table.
 *
 * <p>The first field of a word has the most significant bits. Words 0 to {@value #NARROW_WORDS} - 1
 * hold all that can be said about IPv4 frames. The words behind them, up to {@link #USED_WORDS},
 * are only looked at if the frame is IPv6 or ARP ({@link #isWide}): a match that names a field
 * there also names dl_type, so in other keys they may hold anything.
 */
public final class FlowKey {
  /** Distance from one key to the next. More than fields need, so that the language can grow. */
  public static final int WORDS = 24;

  /**
   * Words that {@link HeaderParser} writes. Those behind them are metadata and registers, which are
   * 0 until a rule sets them.
   */
  public static final int USED_WORDS = 13;

  /** Words that are enough for any frame but IPv6 and ARP. */
  static final int NARROW_WORDS = 5;

  static final int IN_PORT_SHIFT = 48;

  /** The bits of word 0 that are not from the frame. */
  static final long IN_PORT_MASK = 0xffffL << IN_PORT_SHIFT;

  static final int DL_TYPE_SHIFT = 32;
  static final int VLAN_TCI_SHIFT = 16;
  static final int NW_PROTO_SHIFT = 8;
  static final int NW_TTL_SHIFT = 8;
  static final int MAC_SHIFT = 16;
  static final int TP_SRC_SHIFT = 48;
  static final int TP_DST_SHIFT = 32;
  static final int IPV6_LABEL_SHIFT = 8;

  static final int DL_DST_WORD = 1;
  static final int TCP_FLAGS_WORD = 1;
  static final int DL_SRC_WORD = 2;
  static final int NW_TTL_WORD = 2;
  static final int NW_ADDRESS_WORD = 3;
  static final int TRANSPORT_WORD = 4;
  static final int IPV6_SRC_WORD = 5;
  static final int IPV6_DST_WORD = 7;
  static final int ARP_SHA_WORD = 9;
  static final int ARP_OP_WORD = 9;
  static final int ARP_THA_WORD = 10;
  static final int ND_TARGET_WORD = 11;

  static final int TABLE_WORD = MatchField.TABLE_WORD;

  static final int TYPE_IPV4 = 0x0800;
  static final int TYPE_ARP = 0x0806;
  static final int TYPE_VLAN = 0x8100;
  static final int TYPE_VLAN_SERVICE = 0x88a8;
  static final int TYPE_RARP = 0x8035;
  static final int TYPE_IPV6 = 0x86dd;

  private FlowKey() {}

  /** Number of the port that the frame came from. */
  public static int inPort(long[] keys, int offset) {
    return (int) (keys[offset] >>> IN_PORT_SHIFT);
  }

  /** Ethertype behind the outermost tag. */
  public static int dlType(long[] keys, int offset) {
    return (int) (keys[offset] >>> DL_TYPE_SHIFT) & 0xffff;
  }

  /** Tag control information with bit 0x1000 set; 0 without a tag. */
  public static int vlanTci(long[] keys, int offset) {
    return (int) (keys[offset] >>> VLAN_TCI_SHIFT) & 0xffff;
  }

  /** Destination address of the frame, in the low 48 bits. */
  public static long dlDst(long[] keys, int offset) {
    return keys[offset + DL_DST_WORD] >>> MAC_SHIFT;
  }

  /** Source address of the frame, in the low 48 bits. */
  public static long dlSrc(long[] keys, int offset) {
    return keys[offset + DL_SRC_WORD] >>> MAC_SHIFT;
  }

  /** Number of the table that the key asks. */
  static int table(long[] keys, int offset) {
    return (int) (keys[offset + TABLE_WORD] & MatchField.TABLE_MASK);
  }

  /** Makes the key one for a lookup in another table, and as if from another port. */
  public static void moveTo(int table, int inPort, long[] keys, int offset) {
    keys[offset + TABLE_WORD] = (keys[offset + TABLE_WORD] & ~MatchField.TABLE_MASK) | table;
    keys[offset] = (keys[offset] & (1L << IN_PORT_SHIFT) - 1) | (long) inPort << IN_PORT_SHIFT;
  }

  /** Sets bits of metadata or a register. */
  public static void set(MatchField field, long value, long mask, long[] keys, int offset) {
    int at = offset + field.word();
    keys[at] = (keys[at] & ~(mask << field.shift())) | value << field.shift();
  }

  /** The field's bits of a key, right aligned; of an IPv6 address the lower half. */
  public static long get(MatchField field, long[] keys, int offset) {
    int word = field.isWide() ? field.word() + 1 : field.word();
    return field.extract(keys[offset + word]) & field.exactMask();
  }

  /** Whether words behind {@link #NARROW_WORDS} say something. */
  static boolean isWide(long word0) {
    int type = (int) (word0 >>> DL_TYPE_SHIFT) & 0xffff;
    return type == TYPE_IPV6 || type == TYPE_ARP || type == TYPE_RARP;
  }
}
