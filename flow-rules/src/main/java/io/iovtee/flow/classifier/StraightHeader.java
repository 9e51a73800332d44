// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static io.iovtee.flow.classifier.HeaderParser.ETHERNET_LENGTH;
import static io.iovtee.flow.classifier.HeaderParser.getInt;
import static io.iovtee.flow.classifier.HeaderParser.getLong;
import static io.iovtee.flow.classifier.HeaderParser.getShort;

/**
 * The headers that nearly all frames have: no tag, IPv4 without options or IPv6 without extensions,
 * not a fragment, and TCP or UDP. Eight bytes are read at a time, and only in this class positions
 * are constants. Whatever is unusual is left to {@link NetworkHeader}, which must come to the same
 * key; a test compares the two.
 *
 * <p>The methods are small so that the compiler inlines them all into the loop over a batch.
 */
final class StraightHeader {
  /** Ethernet, IPv4 without options, TCP without options. */
  static final int IPV4_LENGTH = 54;

  /** Ethernet, IPv6 without extensions, TCP up to the flags. */
  static final int IPV6_LENGTH = 68;

  private static final int IPV4_HEADER_LENGTH = 20;
  private static final int IPV6_HEADER_LENGTH = 40;
  private static final int IPV4_TRANSPORT = ETHERNET_LENGTH + IPV4_HEADER_LENGTH;
  private static final int IPV6_TRANSPORT = ETHERNET_LENGTH + IPV6_HEADER_LENGTH;
  private static final int TCP_CONTROL = 12;

  private static final long IPV4_FRAGMENT = (long) NetworkHeader.FRAGMENT_BITS << 16;
  private static final int UNUSUAL = -1;

  private StraightHeader() {}

  /**
   * Fills the key if the frame is as straight as this; needs {@link #IPV4_LENGTH} captured bytes.
   *
   * @param sourceToTos bytes 8 to 15: IPv4's version, 20 bytes of header, TOS in the low half
   * @return false if something is unusual; the key is then as before
   */
  static boolean parseIpv4(
      byte[] headers,
      int offset,
      int frameLength,
      int inPort,
      long sourceToTos,
      long[] keys,
      int key) {
    // Total length (16), identification (16), fragment word (16), TTL (8), protocol (8).
    long lengthToProtocol = getLong(headers, offset + 16);
    int totalLength = (int) (lengthToProtocol >>> 48);
    int protocol = (int) lengthToProtocol & 0xff;
    int control =
        control(headers, offset + IPV4_TRANSPORT, totalLength - IPV4_HEADER_LENGTH, protocol);
    if (control == UNUSUAL
        || (lengthToProtocol & IPV4_FRAGMENT) != 0
        || isWrongLength(frameLength - ETHERNET_LENGTH - totalLength)) {
      return false;
    }
    int ttl = (int) lengthToProtocol & 0xff00;
    int tos = (int) sourceToTos & 0xff;
    putLink(headers, offset, sourceToTos, control, ttl, keys, key);
    putWord0(inPort, FlowKey.TYPE_IPV4, protocol, tos, keys, key);
    keys[key + FlowKey.NW_ADDRESS_WORD] = getLong(headers, offset + 26);
    putPorts(headers, offset + IPV4_TRANSPORT, keys, key);
    return true;
  }

  /**
   * Fills the key if the frame is as straight as this; needs {@link #IPV6_LENGTH} captured bytes.
   *
   * @param sourceToTos bytes 8 to 15: version, traffic class and the upper part of the flow label
   *     at the end
   * @return false if something is unusual; the key is then as before
   */
  static boolean parseIpv6(
      byte[] headers,
      int offset,
      int frameLength,
      int inPort,
      long sourceToTos,
      long[] keys,
      int key) {
    // Flow label (16), payload length (16), next header (8), hop limit (8), source (16).
    long labelToSource = getLong(headers, offset + 16);
    int payloadLength = (int) (labelToSource >>> 32) & 0xffff;
    int protocol = (int) (labelToSource >>> 24) & 0xff;
    int control = control(headers, offset + IPV6_TRANSPORT, payloadLength, protocol);
    if (control == UNUSUAL || isWrongLength(frameLength - IPV6_TRANSPORT - payloadLength)) {
      return false;
    }
    int hopLimit = (int) (labelToSource >>> 8) & 0xff00;
    int tos = (int) sourceToTos >>> 4 & 0xff;
    putLink(headers, offset, sourceToTos, control, hopLimit, keys, key);
    putWord0(inPort, FlowKey.TYPE_IPV6, protocol, tos, keys, key);
    keys[key + FlowKey.NW_ADDRESS_WORD] = 0;
    putPorts(headers, offset + IPV6_TRANSPORT, keys, key);
    long label = (sourceToTos & 0xf) << 16 | labelToSource >>> 48;
    keys[key + FlowKey.TRANSPORT_WORD] |= label << FlowKey.IPV6_LABEL_SHIFT;
    keys[key + FlowKey.IPV6_SRC_WORD] = getLong(headers, offset + 22);
    keys[key + FlowKey.IPV6_SRC_WORD + 1] = getLong(headers, offset + 30);
    keys[key + FlowKey.IPV6_DST_WORD] = getLong(headers, offset + 38);
    keys[key + FlowKey.IPV6_DST_WORD + 1] = getLong(headers, offset + 46);
    keys[key + FlowKey.ARP_SHA_WORD] = 0;
    keys[key + FlowKey.ARP_THA_WORD] = 0;
    keys[key + FlowKey.ND_TARGET_WORD] = 0;
    keys[key + FlowKey.ND_TARGET_WORD + 1] = 0;
    return true;
  }

  /** TCP's header length and flags, 0 for UDP, or {@link #UNUSUAL}. */
  private static int control(byte[] headers, int start, int length, int protocol) {
    if (protocol == NetworkHeader.PROTOCOL_UDP) {
      return length < NetworkHeader.UDP_LENGTH ? UNUSUAL : 0;
    }
    if (protocol != NetworkHeader.PROTOCOL_TCP) {
      return UNUSUAL;
    }
    int control = getShort(headers, start + TCP_CONTROL);
    int headerLength = control >>> 12 << 2;
    return headerLength < NetworkHeader.TCP_LENGTH_MIN || headerLength > length ? UNUSUAL : control;
  }

  private static boolean isWrongLength(int padding) {
    return padding < 0 || padding > NetworkHeader.PADDING_MAX;
  }

  private static void putWord0(int inPort, int type, int protocol, int tos, long[] keys, int key) {
    keys[key] =
        (long) inPort << FlowKey.IN_PORT_SHIFT
            | (long) type << FlowKey.DL_TYPE_SHIFT
            | (long) protocol << FlowKey.NW_PROTO_SHIFT
            | tos;
  }

  /**
   * @param ttl in its place, the second byte
   */
  private static void putLink(
      byte[] headers, int offset, long sourceToTos, int control, int ttl, long[] keys, int key) {
    long destinationToSource = getLong(headers, offset);
    keys[key + FlowKey.DL_DST_WORD] =
        (destinationToSource & ~0xffffL) | (control & NetworkHeader.TCP_FLAGS_MASK);
    keys[key + FlowKey.DL_SRC_WORD] =
        destinationToSource << 48 | sourceToTos >>> 32 << FlowKey.MAC_SHIFT | ttl;
  }

  private static void putPorts(byte[] headers, int start, long[] keys, int key) {
    keys[key + FlowKey.TRANSPORT_WORD] = (long) getInt(headers, start) << FlowKey.TP_DST_SHIFT;
  }
}
