// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static io.iovtee.flow.classifier.HeaderParser.NEEDS_MORE;
import static io.iovtee.flow.classifier.HeaderParser.OK;
import static io.iovtee.flow.classifier.HeaderParser.getByte;
import static io.iovtee.flow.classifier.HeaderParser.getInt;
import static io.iovtee.flow.classifier.HeaderParser.getLong;
import static io.iovtee.flow.classifier.HeaderParser.getShort;
import static io.iovtee.flow.classifier.HeaderParser.putNetwork;
import static io.iovtee.flow.classifier.HeaderParser.putTransport;

/**
 * The network and transport layers of a frame, for all that {@link StraightHeader} does not take.
 * The key's words are 0 where nothing was read.
 *
 * <p>Positions count from the start of the frame. Each step first asks whether the frame has the
 * bytes (else the field stays 0), then whether they were captured (else {@link #missing}). Rules
 * for malformed packets: OVS, lib/flow.c, {@code miniflow_extract}.
 */
final class NetworkHeader {
  static final int PROTOCOL_TCP = 6;
  static final int PROTOCOL_UDP = 17;

  /** More fragments, and the offset. */
  static final int FRAGMENT_BITS = 0x3fff;

  /** OVS takes more bytes than this behind the IP packet for a sign of a broken length. */
  static final int PADDING_MAX = 0xffff;

  static final int TCP_FLAGS_MASK = 0xfff;

  /**
   * IPv6 extension headers that are followed. Real packets have at most a handful (RFC 8200 lists
   * six kinds, of which one may come twice); a longer chain is an attack on whoever walks it.
   */
  static final int EXTENSION_HEADERS_MAX = 8;

  private static final int PROTOCOL_HOP_BY_HOP = 0;
  private static final int PROTOCOL_ICMP = 1;
  private static final int PROTOCOL_ROUTING = 43;
  private static final int PROTOCOL_FRAGMENT = 44;
  private static final int PROTOCOL_AUTHENTICATION = 51;
  static final int PROTOCOL_ICMPV6 = 58;
  private static final int PROTOCOL_DESTINATION = 60;
  private static final int PROTOCOL_SCTP = 132;

  private static final int IPV4_LENGTH_MIN = 20;
  private static final int IPV4_OFFSET_BITS = 0x1fff;
  private static final int IPV6_LENGTH = 40;

  /** Of the first 32 bits: behind version and traffic class (RFC 8200 section 3). */
  private static final int LABEL_MASK = 0xfffff;

  private static final int IPV6_OFFSET_BITS = 0xfff8;
  private static final int EXTENSION_LENGTH_MIN = 8;
  static final int TCP_LENGTH_MIN = 20;
  static final int UDP_LENGTH = 8;
  private static final int SCTP_LENGTH = 12;
  static final int ICMP_LENGTH_MIN = 8;

  private static final int ARP_LENGTH = 28;

  /** Hardware Ethernet, protocol IPv4, address lengths 6 and 4. */
  private static final long ARP_ETHERNET_IPV4 = 0x0001_0800_0604L;

  private static final int FRAG_ANY = 1;
  private static final int FRAG_LATER = 2;

  private NetworkHeader() {}

  /**
   * @param network where the network layer starts
   * @param available bytes that were captured, perhaps more than the frame has
   */
  static int parse(
      byte[] headers,
      int offset,
      int network,
      int available,
      int frameLength,
      int type,
      long[] keys,
      int key) {
    return switch (type) {
      case FlowKey.TYPE_IPV4 ->
          parseIpv4(headers, offset, network, available, frameLength, keys, key);
      case FlowKey.TYPE_IPV6 ->
          parseIpv6(headers, offset, network, available, frameLength, keys, key);
      case FlowKey.TYPE_ARP, FlowKey.TYPE_RARP ->
          parseArp(headers, offset, network, available, frameLength, keys, key);
      default -> OK;
    };
  }

  /** The frame goes on, the capture does not. */
  static int missing(int available) {
    return available < HeaderParser.CAPTURE_LENGTH_MAX ? NEEDS_MORE : OK;
  }

  private static int parseIpv4(
      byte[] headers,
      int offset,
      int network,
      int available,
      int frameLength,
      long[] keys,
      int key) {
    int size = frameLength - network;
    if (size < IPV4_LENGTH_MIN) {
      return OK;
    }
    if (available < network + IPV4_LENGTH_MIN) {
      return missing(available);
    }
    int start = offset + network;
    int headerLength = (getByte(headers, start) & 0xf) * 4;
    int totalLength = getShort(headers, start + 2);
    if (headerLength < IPV4_LENGTH_MIN
        || headerLength > totalLength
        || totalLength > size
        || size - totalLength > PADDING_MAX) {
      return OK;
    }
    int fragmentWord = getShort(headers, start + 6);
    int fragment = (fragmentWord & FRAGMENT_BITS) == 0 ? 0 : FRAG_ANY;
    if ((fragmentWord & IPV4_OFFSET_BITS) != 0) {
      fragment |= FRAG_LATER;
    }
    int protocol = getByte(headers, start + 9);
    putNetwork(
        keys, key, protocol, getByte(headers, start + 1), getByte(headers, start + 8), fragment);
    keys[key + FlowKey.NW_ADDRESS_WORD] = getLong(headers, start + 12);
    if ((fragment & FRAG_LATER) != 0) {
      return OK;
    }
    return parseTransport(
        headers,
        offset,
        network + headerLength,
        available,
        totalLength - headerLength,
        protocol,
        keys,
        key);
  }

  private static int parseIpv6(
      byte[] headers,
      int offset,
      int network,
      int available,
      int frameLength,
      long[] keys,
      int key) {
    int size = frameLength - network;
    if (size < IPV6_LENGTH) {
      return OK;
    }
    if (available < network + IPV6_LENGTH) {
      return missing(available);
    }
    int start = offset + network;
    int payloadLength = getShort(headers, start + 4);
    int padding = size - IPV6_LENGTH - payloadLength;
    if (padding < 0 || padding > PADDING_MAX) {
      return OK;
    }
    keys[key + FlowKey.IPV6_SRC_WORD] = getLong(headers, start + 8);
    keys[key + FlowKey.IPV6_SRC_WORD + 1] = getLong(headers, start + 16);
    keys[key + FlowKey.IPV6_DST_WORD] = getLong(headers, start + 24);
    keys[key + FlowKey.IPV6_DST_WORD + 1] = getLong(headers, start + 32);
    return parseExtensions(headers, offset, network, available, payloadLength, keys, key);
  }

  /** Follows the extension headers; the fields behind them are set only if the chain is whole. */
  private static int parseExtensions(
      byte[] headers,
      int offset,
      int network,
      int available,
      int payloadLength,
      long[] keys,
      int key) {
    int start = offset + network;
    int versionToLabel = getInt(headers, start);
    int tos = versionToLabel >>> 20 & 0xff;
    int hopLimit = getByte(headers, start + 7);
    int next = getByte(headers, start + 6);
    int position = network + IPV6_LENGTH;
    int remaining = payloadLength;
    int fragment = 0;
    for (int count = 0; isExtension(next); count++) {
      if (count == EXTENSION_HEADERS_MAX || remaining < EXTENSION_LENGTH_MIN) {
        return OK;
      }
      if (available < position + EXTENSION_LENGTH_MIN) {
        return missing(available);
      }
      int extension = offset + position;
      int length = extensionLength(next, getByte(headers, extension + 1));
      if (length > remaining) {
        return OK;
      }
      if (next == PROTOCOL_FRAGMENT) {
        int fragmentWord = getShort(headers, extension + 2);
        if (fragmentWord != 0) {
          fragment = FRAG_ANY;
        }
        if ((fragmentWord & IPV6_OFFSET_BITS) != 0) {
          putNetwork(keys, key, PROTOCOL_FRAGMENT, tos, hopLimit, FRAG_ANY | FRAG_LATER);
          putLabel(keys, key, versionToLabel);
          return OK;
        }
      }
      next = getByte(headers, extension);
      position += length;
      remaining -= length;
    }
    putNetwork(keys, key, next, tos, hopLimit, fragment);
    putLabel(keys, key, versionToLabel);
    return parseTransport(headers, offset, position, available, remaining, next, keys, key);
  }

  private static void putLabel(long[] keys, int key, int versionToLabel) {
    keys[key + FlowKey.TRANSPORT_WORD] |=
        (long) (versionToLabel & LABEL_MASK) << FlowKey.IPV6_LABEL_SHIFT;
  }

  private static boolean isExtension(int protocol) {
    return protocol == PROTOCOL_HOP_BY_HOP
        || protocol == PROTOCOL_ROUTING
        || protocol == PROTOCOL_FRAGMENT
        || protocol == PROTOCOL_AUTHENTICATION
        || protocol == PROTOCOL_DESTINATION;
  }

  /** Bytes, from the header's own length byte (RFC 8200 section 4, RFC 4302 section 2.2). */
  private static int extensionLength(int protocol, int lengthByte) {
    return switch (protocol) {
      case PROTOCOL_FRAGMENT -> EXTENSION_LENGTH_MIN;
      case PROTOCOL_AUTHENTICATION -> (lengthByte + 2) * 4;
      default -> (lengthByte + 1) * 8;
    };
  }

  /**
   * @param length bytes from {@code position} to the end of the IP packet
   */
  private static int parseTransport(
      byte[] headers,
      int offset,
      int position,
      int available,
      int length,
      int protocol,
      long[] keys,
      int key) {
    int start = offset + position;
    switch (protocol) {
      case PROTOCOL_TCP -> {
        return parseTcp(headers, offset, position, available, length, keys, key);
      }
      case PROTOCOL_UDP, PROTOCOL_SCTP -> {
        if (length < (protocol == PROTOCOL_UDP ? UDP_LENGTH : SCTP_LENGTH)) {
          return OK;
        }
        if (available < position + 4) {
          return missing(available);
        }
        putTransport(keys, key, getShort(headers, start), getShort(headers, start + 2));
      }
      case PROTOCOL_ICMP, PROTOCOL_ICMPV6 -> {
        if (length < ICMP_LENGTH_MIN) {
          return OK;
        }
        if (available < position + 2) {
          return missing(available);
        }
        putTransport(keys, key, getByte(headers, start), getByte(headers, start + 1));
        if (protocol == PROTOCOL_ICMPV6 && FlowKey.isWide(keys[key])) {
          return NeighbourHeader.parse(headers, offset, position, available, length, keys, key);
        }
      }
      default -> {}
    }
    return OK;
  }

  /** Ports and flags lie in the first 14 bytes: options need not be captured. */
  private static int parseTcp(
      byte[] headers, int offset, int position, int available, int length, long[] keys, int key) {
    if (length < TCP_LENGTH_MIN) {
      return OK;
    }
    if (available < position + 14) {
      return missing(available);
    }
    int start = offset + position;
    int control = getShort(headers, start + 12);
    int headerLength = (control >>> 12) * 4;
    if (headerLength < TCP_LENGTH_MIN || headerLength > length) {
      return OK;
    }
    putTransport(keys, key, getShort(headers, start), getShort(headers, start + 2));
    keys[key + FlowKey.TCP_FLAGS_WORD] |= control & TCP_FLAGS_MASK;
    return OK;
  }

  private static int parseArp(
      byte[] headers,
      int offset,
      int network,
      int available,
      int frameLength,
      long[] keys,
      int key) {
    if (frameLength - network < ARP_LENGTH) {
      return OK;
    }
    if (available < network + ARP_LENGTH) {
      return missing(available);
    }
    int start = offset + network;
    long kindAndOperation = getLong(headers, start);
    if (kindAndOperation >>> 16 != ARP_ETHERNET_IPV4) {
      return OK;
    }
    keys[key + FlowKey.NW_ADDRESS_WORD] =
        (long) getInt(headers, start + 14) << 32 | (getInt(headers, start + 24) & 0xffff_ffffL);
    keys[key + FlowKey.ARP_SHA_WORD] =
        (getLong(headers, start + 8) & ~0xffffL) | (kindAndOperation & 0xffff);
    keys[key + FlowKey.ARP_THA_WORD] = getLong(headers, start + 18) & ~0xffffL;
    return OK;
  }
}
