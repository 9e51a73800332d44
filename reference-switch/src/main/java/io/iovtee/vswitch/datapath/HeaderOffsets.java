// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.FlowKey;

/**
 * Where the headers of one frame lie in its private snapshot, as far as its key says that they are
 * there and whole: what the parser left out of the key is not looked for again. Positions count
 * from the frame's first byte; 0 means "is not there". One loop owns it; nothing is allocated.
 */
final class HeaderOffsets {
  static final int TYPE_IPV4 = 0x0800;
  static final int TYPE_ARP = 0x0806;
  static final int TYPE_RARP = 0x8035;
  static final int TYPE_IPV6 = 0x86dd;
  static final int TCP = 6;
  static final int UDP = 17;
  static final int ICMP = 1;
  static final int ICMPV6 = 58;
  static final int SCTP = 132;

  /** Type and code of ICMPv6. */
  private static final int SOLICITATION = 135 << 8;

  private static final int ADVERTISEMENT = 136 << 8;

  /** What these have before their options. */
  static final int NEIGHBOUR_LENGTH = 24;

  /** Options with a link-layer address (RFC 4861 section 4.6.1). */
  static final int SOURCE_OPTION = 1;

  static final int TARGET_OPTION = 2;
  static final int OPTION_LENGTH = 8;

  private static final int ETHERNET_LENGTH = 14;
  private static final int TAG_LENGTH = 4;
  private static final int SNAP_LENGTH = 8;
  private static final int TYPE_MIN = 0x0600;
  private static final int IPV6_LENGTH = 40;
  private static final int HOP_BY_HOP = 0;
  private static final int ROUTING = 43;
  private static final int FRAGMENT = 44;
  private static final int AUTHENTICATION = 51;
  private static final int DESTINATION = 60;

  /** Ethertype behind the tags that are known. */
  int type;

  /** Tags that are known: at most the limit as the frame comes, more where a rule pushes them. */
  int tags;

  /** IP or ARP header. */
  int network;

  /** Protocol in the IP header; 0 if that is not whole. */
  int protocol;

  /** Header of TCP, UDP, SCTP or ICMP; 0 in later fragments and where it is not captured. */
  int transport;

  /** Bytes from there to the end of the IP packet. */
  int transportLength;

  /** Whether an IPv6 routing header says that the destination is not the last one. */
  boolean onRoute;

  void copyFrom(HeaderOffsets other) {
    type = other.type;
    tags = other.tags;
    network = other.network;
    protocol = other.protocol;
    transport = other.transport;
    transportLength = other.transportLength;
    onRoute = other.onRoute;
  }

  /** Reads what the key leaves open. */
  void locate(byte[] h, int base, int captured, int vlanLimit, long[] keys, int key) {
    type = FlowKey.dlType(keys, key);
    tags = FlowKey.vlanTci(keys, key) == 0 ? 0 : 1;
    int second = ETHERNET_LENGTH + 2 * TAG_LENGTH;
    if (tags == 1 && vlanLimit > 1 && second <= captured) {
      tags = LearningSwitch.isTag(getShort(h, base + second - 2 * TAG_LENGTH + 2)) ? 2 : 1;
    }
    network = ETHERNET_LENGTH + tags * TAG_LENGTH;
    if (network <= captured && type >= TYPE_MIN && getShort(h, base + network - 2) < TYPE_MIN) {
      network += SNAP_LENGTH;
    }
    protocol = 0;
    transport = 0;
    transportLength = 0;
    onRoute = false;
    boolean later = (FlowKey.get(MatchField.NW_FRAG, keys, key) & MatchField.FRAG_LATER) != 0;
    switch (type) {
      case TYPE_IPV4 -> {
        protocol = (int) FlowKey.get(MatchField.NW_PROTO, keys, key);
        int headerLength = (h[base + network] & 0xf) * 4;
        if (protocol != 0 && !later) {
          transport = network + headerLength;
          transportLength = getShort(h, base + network + 2) - headerLength;
        }
      }
      case TYPE_IPV6 -> {
        protocol = (int) FlowKey.get(MatchField.NW_PROTO, keys, key);
        if (protocol != 0) {
          followExtensions(h, base, captured, later);
        }
      }
      case TYPE_ARP, TYPE_RARP -> {}
      default -> network = 0;
    }
  }

  /** The parser followed the same chain to its end; this one needs no limit but the snapshot's. */
  private void followExtensions(byte[] h, int base, int captured, boolean later) {
    int remaining = getShort(h, base + network + 4);
    int next = h[base + network + 6] & 0xff;
    int position = network + IPV6_LENGTH;
    while (isExtension(next) && position + 8 <= captured) {
      int lengthByte = h[base + position + 1] & 0xff;
      int length =
          switch (next) {
            case FRAGMENT -> 8;
            case AUTHENTICATION -> (lengthByte + 2) * 4;
            default -> (lengthByte + 1) * 8;
          };
      onRoute |= next == ROUTING && h[base + position + 3] != 0;
      next = h[base + position] & 0xff;
      position += length;
      remaining -= length;
    }
    if (!later && next == protocol) {
      transport = position;
      transportLength = remaining;
    }
  }

  private static boolean isExtension(int protocol) {
    return protocol == HOP_BY_HOP
        || protocol == ROUTING
        || protocol == FRAGMENT
        || protocol == AUTHENTICATION
        || protocol == DESTINATION;
  }

  /** A tag went in or out in front: all else moves. */
  void shift(int bytes) {
    network += network == 0 ? 0 : bytes;
    transport += transport == 0 ? 0 : bytes;
  }

  /** Whether there is a whole header with ports. */
  boolean hasPorts() {
    int least =
        switch (protocol) {
          case TCP -> 20;
          case UDP -> 8;
          case SCTP -> 12;
          default -> Integer.MAX_VALUE;
        };
    return transport != 0 && transportLength >= least;
  }

  /** Where the checksum that covers the addresses lies; 0 if none does. */
  int checksum() {
    if (transport == 0) {
      return 0;
    }
    return switch (protocol) {
      case TCP -> transportLength >= 20 ? transport + 16 : 0;
      case UDP -> transportLength >= 8 ? transport + 6 : 0;
      case ICMPV6 -> type == TYPE_IPV6 && transportLength >= 8 ? transport + 2 : 0;
      default -> 0;
    };
  }

  /** Whether the frame has a whole neighbour solicitation or advertisement. */
  boolean isNeighbour(byte[] h, int base) {
    if (type != TYPE_IPV6 || protocol != ICMPV6 || transportLength < NEIGHBOUR_LENGTH) {
      return false;
    }
    int typeAndCode = transport == 0 ? 0 : getShort(h, base + transport);
    return typeAndCode == SOLICITATION || typeAndCode == ADVERTISEMENT;
  }

  /**
   * Where the option of a neighbour message lies that has a link-layer address: 0 if there is none,
   * or how far one would have to see to know.
   *
   * @param kind {@link #SOURCE_OPTION}, {@link #TARGET_OPTION}, or 0 for the first of them
   */
  int neighbourOption(byte[] h, int base, int captured, int kind) {
    int end = transport + transportLength;
    int position = transport + NEIGHBOUR_LENGTH;
    while (position + OPTION_LENGTH <= end) {
      if (position + OPTION_LENGTH > captured) {
        return position;
      }
      int found = h[base + position] & 0xff;
      int length = (h[base + position + 1] & 0xff) * OPTION_LENGTH;
      boolean address = found == SOURCE_OPTION || found == TARGET_OPTION;
      if (length == OPTION_LENGTH && (kind == 0 ? address : found == kind)) {
        return position;
      }
      if (length == 0) {
        return 0;
      }
      position += length;
    }
    return 0;
  }

  static int getShort(byte[] h, int at) {
    return (h[at] & 0xff) << 8 | (h[at + 1] & 0xff);
  }
}
