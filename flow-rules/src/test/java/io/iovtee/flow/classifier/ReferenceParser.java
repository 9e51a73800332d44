// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.MatchField;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a frame has, read field by field from the description in docs/FLOWS.md ("What a frame has"):
 * slow, plain, and nothing of it shared with {@link HeaderParser}.
 */
final class ReferenceParser {
  private static final int LOOKED_AT = 128;

  private final byte[] frame;
  private final int vlanLimit;
  private final Map<MatchField, Long> fields = new EnumMap<>(MatchField.class);
  private final Map<MatchField, Long> upperHalves = new EnumMap<>(MatchField.class);

  /** A header that is needed next lies behind what is looked at. */
  private static final class Beyond extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Beyond() {
      super(null, null, false, false);
    }
  }

  /**
   * @param vlanLimit tags that are read or passed over
   */
  ReferenceParser(byte[] frame, int vlanLimit) {
    this.frame = frame;
    this.vlanLimit = vlanLimit;
    try {
      link();
    } catch (Beyond end) {
      // What was read stays.
    }
  }

  /** The value of a field; 0 if the frame has it not. Of an IPv6 address the lower half. */
  long value(MatchField field) {
    return fields.getOrDefault(field, 0L);
  }

  long upperHalf(MatchField field) {
    return upperHalves.getOrDefault(field, 0L);
  }

  private void need(int position, int length) {
    if (position + length > Math.min(LOOKED_AT, frame.length)) {
      throw new Beyond();
    }
  }

  private long number(int position, int length) {
    long number = 0;
    for (int i = 0; i < length; i++) {
      number = number << 8 | (frame[position + i] & 0xff);
    }
    return number;
  }

  private void set(MatchField field, long value) {
    fields.put(field, value);
  }

  private void link() {
    if (frame.length < 14) {
      return;
    }
    set(MatchField.DL_DST, number(0, 6));
    set(MatchField.DL_SRC, number(6, 6));
    int at = 12;
    int type = (int) number(at, 2);
    if ((type == 0x8100 || type == 0x88a8) && frame.length >= 18) {
      set(MatchField.VLAN_TCI, number(14, 2) | 0x1000);
      at = 16;
      type = (int) number(at, 2);
      if (vlanLimit == 2 && (type == 0x8100 || type == 0x88a8) && frame.length >= 22) {
        at = 20;
        type = (int) number(at, 2);
      }
    }
    at += 2;
    if (type < 0x600) {
      boolean snap = frame.length >= at + 8 && number(at, 6) == 0xaaaa03000000L;
      int inner = snap ? (int) number(at + 6, 2) : 0;
      type = inner >= 0x600 ? inner : 0x5ff;
      at += 8;
    }
    set(MatchField.DL_TYPE, type);
    int rest = frame.length - at;
    switch (type) {
      case 0x0800 -> ipv4(at, rest);
      case 0x86dd -> ipv6(at, rest);
      case 0x0806, 0x8035 -> arp(at, rest);
      default -> {}
    }
  }

  private void arp(int at, int rest) {
    if (rest < 28) {
      return;
    }
    need(at, 28);
    if (number(at, 6) == 0x000108000604L) {
      set(MatchField.ARP_OP, number(at + 6, 2));
      set(MatchField.ARP_SHA, number(at + 8, 6));
      set(MatchField.ARP_SPA, number(at + 14, 4));
      set(MatchField.ARP_THA, number(at + 18, 6));
      set(MatchField.ARP_TPA, number(at + 24, 4));
    }
  }

  private void network(int protocol, int tos, int ttl, int fragment) {
    set(MatchField.NW_PROTO, protocol);
    set(MatchField.NW_TOS, tos & 0xfc);
    set(MatchField.NW_ECN, tos & 3);
    set(MatchField.NW_TTL, ttl);
    set(MatchField.NW_FRAG, fragment);
  }

  private void ipv4(int at, int rest) {
    if (rest < 20) {
      return;
    }
    need(at, 20);
    int header = (frame[at] & 15) * 4;
    int total = (int) number(at + 2, 2);
    if (header < 20 || total < header || total > rest || rest - total > 65535) {
      return;
    }
    int word = (int) number(at + 6, 2);
    boolean later = (word & 0x1fff) != 0;
    int fragment = later ? 3 : (word & 0x2000) != 0 ? 1 : 0;
    int protocol = (int) number(at + 9, 1);
    network(protocol, (int) number(at + 1, 1), (int) number(at + 8, 1), fragment);
    set(MatchField.NW_SRC, number(at + 12, 4));
    set(MatchField.NW_DST, number(at + 16, 4));
    if (!later) {
      transport(protocol, at + header, total - header);
    }
  }

  private void ipv6(int at, int rest) {
    if (rest < 40) {
      return;
    }
    need(at, 40);
    int left = (int) number(at + 4, 2);
    if (left > rest - 40 || rest - 40 - left > 65535) {
      return;
    }
    upperHalves.put(MatchField.IPV6_SRC, number(at + 8, 8));
    set(MatchField.IPV6_SRC, number(at + 16, 8));
    upperHalves.put(MatchField.IPV6_DST, number(at + 24, 8));
    set(MatchField.IPV6_DST, number(at + 32, 8));
    int tos = (int) (number(at, 2) >> 4) & 0xff;
    int ttl = (int) number(at + 7, 1);
    long label = number(at, 4) & 0xfffff;
    int next = (int) number(at + 6, 1);
    int position = at + 40;
    int fragment = 0;
    int headers = 0;
    while (next == 0 || next == 43 || next == 44 || next == 51 || next == 60) {
      if (headers++ == 8 || left < 8) {
        return;
      }
      need(position, 8);
      int byLength = (int) number(position + 1, 1);
      int length = next == 44 ? 8 : next == 51 ? (byLength + 2) * 4 : (byLength + 1) * 8;
      if (length > left) {
        return;
      }
      if (next == 44) {
        int word = (int) number(position + 2, 2);
        if (word >> 3 != 0) {
          network(44, tos, ttl, 3);
          set(MatchField.IPV6_LABEL, label);
          return;
        }
        fragment = word != 0 ? 1 : fragment;
      }
      next = (int) number(position, 1);
      position += length;
      left -= length;
    }
    network(next, tos, ttl, fragment);
    set(MatchField.IPV6_LABEL, label);
    transport(next, position, left);
  }

  private void transport(int protocol, int at, int length) {
    switch (protocol) {
      case 6 -> {
        if (length < 20) {
          return;
        }
        need(at, 14);
        int header = (int) (number(at + 12, 1) >> 4) * 4;
        if (header >= 20 && header <= length) {
          ports(at);
          set(MatchField.TCP_FLAGS, number(at + 12, 2) & 0xfff);
        }
      }
      case 17, 132 -> {
        if (length >= (protocol == 17 ? 8 : 12)) {
          need(at, 4);
          ports(at);
        }
      }
      case 1, 58 -> {
        if (length >= 8) {
          need(at, 2);
          set(MatchField.ICMP_TYPE, number(at, 1));
          set(MatchField.ICMP_CODE, number(at + 1, 1));
          if (protocol == 58 && value(MatchField.DL_TYPE) == 0x86dd) {
            neighbour(at, length);
          }
        }
      }
      default -> {}
    }
  }

  private void neighbour(int at, int length) {
    int type = (int) number(at, 1);
    if ((type != 135 && type != 136) || number(at + 1, 1) != 0) {
      return;
    }
    need(at + 4, 4);
    set(MatchField.ND_RESERVED, number(at + 4, 4));
    if (length < 24) {
      return;
    }
    need(at + 8, 16);
    upperHalves.put(MatchField.ND_TARGET, number(at + 8, 8));
    set(MatchField.ND_TARGET, number(at + 16, 8));
    long[] addresses = new long[3];
    int end = at + length;
    for (int option = at + 24; end - option >= 8; ) {
      need(option, 8);
      int kind = (int) number(option, 1);
      int bytes = (int) number(option + 1, 1) * 8;
      if (bytes == 0 || option + bytes > end) {
        return;
      }
      if (bytes == 8 && (kind == 1 || kind == 2)) {
        fields.putIfAbsent(MatchField.ND_OPTIONS_TYPE, (long) kind);
        if (addresses[kind] != 0) {
          upperHalves.remove(MatchField.ND_TARGET);
          fields.remove(MatchField.ND_TARGET);
          fields.remove(MatchField.ND_SLL);
          fields.remove(MatchField.ND_TLL);
          return;
        }
        addresses[kind] = number(option + 2, 6);
        if (type == 134 + kind) {
          set(kind == 1 ? MatchField.ND_SLL : MatchField.ND_TLL, addresses[kind]);
        }
      }
      option += bytes;
    }
  }

  private void ports(int at) {
    set(MatchField.TP_SRC, number(at, 2));
    set(MatchField.TP_DST, number(at + 2, 2));
  }
}
