// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static io.iovtee.flow.classifier.FlowKey.DL_TYPE_SHIFT;
import static io.iovtee.flow.classifier.FlowKey.IN_PORT_SHIFT;
import static io.iovtee.flow.classifier.FlowKey.MAC_SHIFT;
import static io.iovtee.flow.classifier.FlowKey.NW_PROTO_SHIFT;
import static io.iovtee.flow.classifier.FlowKey.NW_TTL_SHIFT;
import static io.iovtee.flow.classifier.FlowKey.TP_DST_SHIFT;
import static io.iovtee.flow.classifier.FlowKey.TP_SRC_SHIFT;
import static io.iovtee.flow.classifier.FlowKey.TYPE_IPV4;
import static io.iovtee.flow.classifier.FlowKey.TYPE_IPV6;
import static io.iovtee.flow.classifier.FlowKey.TYPE_VLAN;
import static io.iovtee.flow.classifier.FlowKey.TYPE_VLAN_SERVICE;
import static io.iovtee.flow.classifier.FlowKey.VLAN_TCI_SHIFT;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Fills a key from the first bytes of a frame. The bytes must be a private copy: a guest may change
 * its memory while we read, and what was checked must be what is used.
 *
 * <p>What a frame does not have, or has wrong, reads as 0, as in OVS (lib/flow.c): a bad IP header
 * or length leaves the link layer and dl_type; an IPv6 extension chain that cannot be followed
 * leaves the addresses; later fragments and cut-off transport headers have no ports. With a VLAN
 * limit of 1, OVS's default, only the outermost tag is read: behind it a second tag is just an
 * Ethertype. With a limit of 2 a second tag is passed over.
 *
 * <p>No state, any thread. This class has the link layer; {@link StraightHeader} has the common
 * cases, {@link NetworkHeader} all others.
 */
public final class HeaderParser {
  /** The key is complete. */
  public static final int OK = 0;

  /**
   * A header goes on behind the captured bytes: capture more, up to {@link #CAPTURE_LENGTH_MAX} or
   * the whole frame, and parse again. The key is not to be used.
   */
  public static final int NEEDS_MORE = 1;

  /** Shorter than an Ethernet header: no more is known than the port. */
  public static final int RUNT = 2;

  /**
   * A capture that is enough for untagged and tagged IPv4 without options, for ARP, and for UDP
   * over IPv6: one cache line.
   */
  public static final int CAPTURE_LENGTH_MIN = 64;

  /**
   * The parser never asks for more than this. It holds a tag, an IPv4 header with all its options
   * and a TCP header (92 bytes), or an IPv6 header with 46 bytes of extensions before it.
   */
  public static final int CAPTURE_LENGTH_MAX = 128;

  /** Tags that are read or passed over if nobody says otherwise, and at most. */
  public static final int VLAN_LIMIT_DEFAULT = 1;

  public static final int VLAN_LIMIT_MAX = 2;

  static final int ETHERNET_LENGTH = 14;

  /** Ethertype, version 4, header of 5 words. */
  private static final int IPV4_START = TYPE_IPV4 << 8 | 0x45;

  private static final int TAG_LENGTH = 4;
  private static final int TAG_PRESENT = 0x1000;

  /** Smaller numbers are 802.3 lengths. */
  private static final int TYPE_MIN = 0x0600;

  /** OVS's stand-in for "has no Ethertype" (ovs-fields(7), eth_type). */
  private static final int TYPE_NONE = 0x05ff;

  /** DSAP, SSAP, control and OUI of SNAP with an Ethertype behind. */
  private static final long SNAP = 0xaaaa_0300_0000L;

  private static final int SNAP_LENGTH = 8;

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN)
          .withInvokeExactBehavior();
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN)
          .withInvokeExactBehavior();
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN)
          .withInvokeExactBehavior();

  private HeaderParser() {}

  /** As below, with {@link #VLAN_LIMIT_DEFAULT}. */
  public static int parse(
      byte[] headers,
      int offset,
      int capturedLength,
      int frameLength,
      int inPort,
      long[] keys,
      int keyOffset) {
    return parse(
        headers, offset, capturedLength, frameLength, VLAN_LIMIT_DEFAULT, inPort, keys, keyOffset);
  }

  /**
   * Writes the words of one key that say something about its frame: {@link FlowKey#USED_WORDS} at
   * most.
   *
   * @param headers a private copy of the frame's first bytes; nothing outside {@code offset} to
   *     {@code offset + capturedLength} is read
   * @param capturedLength bytes that were copied; what exceeds the frame is ignored
   * @param frameLength bytes of the whole frame, without the checksum
   * @param vlanLimit tags that are read or passed over: 1 or 2
   * @param inPort number of the port, 0..65535
   * @param keyOffset where in {@code keys} the key starts
   * @return {@link #OK}, {@link #NEEDS_MORE} or {@link #RUNT}
   * @throws IndexOutOfBoundsException if the captured bytes or the key do not lie in their arrays
   */
  public static int parse(
      byte[] headers,
      int offset,
      int capturedLength,
      int frameLength,
      int vlanLimit,
      int inPort,
      long[] keys,
      int keyOffset) {
    Objects.checkFromIndexSize(offset, capturedLength, headers.length);
    if (capturedLength >= StraightHeader.IPV4_LENGTH) {
      // Low half: Ethertype, then IP's version and what follows it.
      long sourceToTos = getLong(headers, offset + 8);
      int start = (int) sourceToTos >>> 8;
      if (start == IPV4_START) {
        if (StraightHeader.parseIpv4(
            headers, offset, frameLength, inPort, sourceToTos, keys, keyOffset)) {
          return OK;
        }
      } else if (start >>> 8 == TYPE_IPV6 && capturedLength >= StraightHeader.IPV6_LENGTH) {
        if (StraightHeader.parseIpv6(
            headers, offset, frameLength, inPort, sourceToTos, keys, keyOffset)) {
          return OK;
        }
      }
    }
    return parseAny(
        headers, offset, capturedLength, frameLength, vlanLimit, inPort, keys, keyOffset);
  }

  /** All that the straight path does not take: short, tagged, other protocols, malformed. */
  static int parseAny(
      byte[] headers,
      int offset,
      int capturedLength,
      int frameLength,
      int vlanLimit,
      int inPort,
      long[] keys,
      int key) {
    for (int word = 0; word < FlowKey.USED_WORDS; word++) {
      keys[key + word] = 0;
    }
    keys[key] = (long) inPort << IN_PORT_SHIFT;
    if (frameLength < ETHERNET_LENGTH) {
      return RUNT;
    }
    if (capturedLength < ETHERNET_LENGTH) {
      return NEEDS_MORE;
    }
    keys[key + FlowKey.DL_DST_WORD] = getLong(headers, offset) & ~0xffffL;
    keys[key + FlowKey.DL_SRC_WORD] =
        (long) getShort(headers, offset + 6) << 48
            | (getInt(headers, offset + 8) & 0xffff_ffffL) << MAC_SHIFT;

    int type = getShort(headers, offset + 12);
    int network = ETHERNET_LENGTH;
    for (int tags = 0; tags < vlanLimit && isTag(type); tags++) {
      if (frameLength < network + TAG_LENGTH) {
        break;
      }
      if (capturedLength < network + TAG_LENGTH) {
        return NEEDS_MORE;
      }
      if (tags == 0) {
        keys[key] |= (long) (getShort(headers, offset + 14) | TAG_PRESENT) << VLAN_TCI_SHIFT;
      }
      type = getShort(headers, offset + network + 2);
      network += TAG_LENGTH;
    }
    if (type < TYPE_MIN) {
      boolean snap = frameLength >= network + SNAP_LENGTH;
      if (snap && capturedLength < network + SNAP_LENGTH) {
        return NEEDS_MORE;
      }
      type = snap ? snapType(getLong(headers, offset + network)) : TYPE_NONE;
      network += SNAP_LENGTH;
    }
    keys[key] |= (long) type << DL_TYPE_SHIFT;
    return NetworkHeader.parse(
        headers, offset, network, capturedLength, frameLength, type, keys, key);
  }

  /**
   * Reads a frame again whose fields a rule has changed, but not what they say of each other: port
   * and dl_type of the key stay, all other words that this class writes are made anew.
   *
   * @param tagged whether the outermost tag is one that the key knows
   * @param network where the network layer starts, counted from {@code offset}
   */
  public static void parseChanged(
      byte[] headers,
      int offset,
      boolean tagged,
      int network,
      int capturedLength,
      int frameLength,
      long[] keys,
      int key) {
    Objects.checkFromIndexSize(offset, capturedLength, headers.length);
    long word0 = keys[key] >>> DL_TYPE_SHIFT << DL_TYPE_SHIFT;
    for (int word = 0; word < FlowKey.USED_WORDS; word++) {
      keys[key + word] = 0;
    }
    if (tagged) {
      word0 |= (long) (getShort(headers, offset + 14) | TAG_PRESENT) << VLAN_TCI_SHIFT;
    }
    keys[key] = word0;
    keys[key + FlowKey.DL_DST_WORD] = getLong(headers, offset) & ~0xffffL;
    keys[key + FlowKey.DL_SRC_WORD] = getLong(headers, offset + 4) << MAC_SHIFT;
    int type = (int) (word0 >>> DL_TYPE_SHIFT) & 0xffff;
    NetworkHeader.parse(headers, offset, network, capturedLength, frameLength, type, keys, key);
  }

  private static boolean isTag(int type) {
    return type == TYPE_VLAN || type == TYPE_VLAN_SERVICE;
  }

  private static int snapType(long llcAndSnap) {
    int type = (int) llcAndSnap & 0xffff;
    return llcAndSnap >>> 16 == SNAP && type >= TYPE_MIN ? type : TYPE_NONE;
  }

  static long getLong(byte[] bytes, int index) {
    return (long) LONG.get(bytes, index);
  }

  static int getInt(byte[] bytes, int index) {
    return (int) INT.get(bytes, index);
  }

  /** Unsigned. */
  static int getShort(byte[] bytes, int index) {
    return (short) SHORT.get(bytes, index) & 0xffff;
  }

  /** Unsigned. */
  static int getByte(byte[] bytes, int index) {
    return bytes[index] & 0xff;
  }

  /** Sets the ports, or type and code of ICMP, where they are 0. */
  static void putTransport(long[] keys, int key, int source, int destination) {
    keys[key + FlowKey.TRANSPORT_WORD] |=
        (long) source << TP_SRC_SHIFT | (long) destination << TP_DST_SHIFT;
  }

  static void putNetwork(long[] keys, int key, int protocol, int tos, int ttl, int fragment) {
    keys[key] |= (long) protocol << NW_PROTO_SHIFT | tos;
    keys[key + FlowKey.NW_TTL_WORD] |= (long) ttl << NW_TTL_SHIFT | fragment;
  }
}
