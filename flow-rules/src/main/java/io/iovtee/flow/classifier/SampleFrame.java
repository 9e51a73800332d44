// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A frame that a match is for, as short as Ethernet allows: to ask what a switch would do with it.
 * Fields that the match does not name, and bits that it does not look at, are 0; but the TTL is 64,
 * and without dl_type the Ethertype is that for experiments. Lengths and checksums are right.
 */
public final class SampleFrame {
  /** IEEE 802 local experimental Ethertype 1. */
  private static final int TYPE_EXPERIMENT = 0x88b5;

  private static final int TYPE_NONE = 0x05ff;
  private static final int TTL_DEFAULT = 64;
  private static final int LENGTH_MIN = 60;
  private static final int PROTOCOL_ICMP = 1;
  private static final int PROTOCOL_TCP = 6;
  private static final int PROTOCOL_UDP = 17;
  private static final int PROTOCOL_FRAGMENT = 44;
  private static final int PROTOCOL_ICMPV6 = 58;
  private static final int PROTOCOL_SCTP = 132;
  private static final int SOLICITATION = 135;
  private static final int CHECKSUM_TCP = 16;
  private static final int CHECKSUM_UDP = 6;
  private static final int CHECKSUM_ICMP = 2;

  private final Match match;
  private final ByteBuffer frame = ByteBuffer.allocate(256);

  private SampleFrame(Match match) {
    this.match = match;
  }

  /** The frame; its port is not in it. */
  public static byte[] of(Match match) {
    SampleFrame sample = new SampleFrame(match);
    sample.putLink();
    ByteBuffer frame = sample.frame;
    return Arrays.copyOf(frame.array(), Math.max(LENGTH_MIN, frame.position()));
  }

  private long value(MatchField field) {
    FieldMatch found = match.field(field);
    return found == null ? 0 : found.value();
  }

  private void putAddress(MatchField field) {
    frame.putShort((short) (value(field) >>> 32)).putInt((int) value(field));
  }

  private void putLink() {
    putAddress(MatchField.DL_DST);
    putAddress(MatchField.DL_SRC);
    int tci = (int) MatchField.VLAN_TCI.extract(match.value(MatchField.VLAN_TCI.word()));
    if ((tci & MatchField.TAG_PRESENT) != 0) {
      frame.putShort((short) FlowKey.TYPE_VLAN).putShort((short) (tci & ~MatchField.TAG_PRESENT));
    }
    int type = match.has(MatchField.DL_TYPE) ? (int) value(MatchField.DL_TYPE) : TYPE_EXPERIMENT;
    if (type == TYPE_NONE) {
      frame.putShort((short) 3).put((byte) 0x42).put((byte) 0x42).put((byte) 3);
      return;
    }
    frame.putShort((short) type);
    switch (type) {
      case FlowKey.TYPE_IPV4 -> putIpv4();
      case FlowKey.TYPE_IPV6 -> putIpv6();
      case FlowKey.TYPE_ARP, FlowKey.TYPE_RARP -> putArp();
      default -> {}
    }
  }

  private void putArp() {
    frame.putInt(0x0001_0800).putShort((short) 0x0604);
    frame.putShort((short) value(MatchField.ARP_OP));
    putAddress(MatchField.ARP_SHA);
    frame.putInt((int) value(MatchField.ARP_SPA));
    putAddress(MatchField.ARP_THA);
    frame.putInt((int) value(MatchField.ARP_TPA));
  }

  private int tos() {
    return (int) (value(MatchField.NW_TOS) | value(MatchField.NW_ECN));
  }

  private int ttl() {
    return match.has(MatchField.NW_TTL) ? (int) value(MatchField.NW_TTL) : TTL_DEFAULT;
  }

  private boolean isFragment() {
    return value(MatchField.NW_FRAG) != 0;
  }

  private boolean isLaterFragment() {
    return (value(MatchField.NW_FRAG) & MatchField.FRAG_LATER) != 0;
  }

  private void putIpv4() {
    int start = frame.position();
    int protocol = (int) value(MatchField.NW_PROTO);
    int fragment = isLaterFragment() ? 64 : isFragment() ? 0x2000 : 0;
    frame.put((byte) 0x45).put((byte) tos()).putInt(0).putShort((short) fragment);
    frame.put((byte) ttl()).put((byte) protocol).putShort((short) 0);
    frame.putInt((int) value(MatchField.NW_SRC)).putInt((int) value(MatchField.NW_DST));
    if (!isLaterFragment()) {
      putTransport(protocol, start + 12, 8);
    }
    frame.putShort(start + 2, (short) (frame.position() - start));
    frame.putShort(start + 10, (short) ~fold(sum(start, 20)));
  }

  private void putIpv6() {
    int start = frame.position();
    int protocol = (int) value(MatchField.NW_PROTO);
    frame.putInt(6 << 28 | tos() << 20 | (int) value(MatchField.IPV6_LABEL)).putShort((short) 0);
    frame.put((byte) (isFragment() ? PROTOCOL_FRAGMENT : protocol)).put((byte) ttl());
    putIpv6Address(MatchField.IPV6_SRC);
    putIpv6Address(MatchField.IPV6_DST);
    if (isFragment()) {
      int word = isLaterFragment() ? 64 << 3 : 1;
      frame.put((byte) protocol).put((byte) 0).putShort((short) word).putInt(0);
    }
    if (!isLaterFragment()) {
      putTransport(protocol, start + 8, 32);
    }
    frame.putShort(start + 4, (short) (frame.position() - start - 40));
  }

  private void putIpv6Address(MatchField field) {
    FieldMatch found = match.field(field);
    frame.putLong(found == null ? 0 : found.valueHigh()).putLong(found == null ? 0 : found.value());
  }

  private void putTransport(int protocol, int addresses, int addressesLength) {
    int start = frame.position();
    switch (protocol) {
      case PROTOCOL_TCP -> {
        putPorts();
        frame.putLong(0).putShort((short) (5 << 12 | (int) value(MatchField.TCP_FLAGS)));
        frame.putShort((short) 0).putInt(0);
        putChecksum(start, CHECKSUM_TCP, protocol + sum(addresses, addressesLength));
      }
      case PROTOCOL_UDP -> {
        putPorts();
        frame.putShort((short) 8).putShort((short) 0);
        putChecksum(start, CHECKSUM_UDP, protocol + sum(addresses, addressesLength));
      }
      case PROTOCOL_SCTP -> {
        putPorts();
        frame.putLong(0);
      }
      case PROTOCOL_ICMP, PROTOCOL_ICMPV6 -> {
        frame.put((byte) value(MatchField.ICMP_TYPE)).put((byte) value(MatchField.ICMP_CODE));
        frame.putShort((short) 0);
        putIcmpBody();
        boolean pseudo = protocol == PROTOCOL_ICMPV6;
        int length = frame.position() - start;
        putChecksum(
            start, CHECKSUM_ICMP, pseudo ? protocol + sum(addresses, addressesLength) : -length);
      }
      default -> {}
    }
  }

  private void putIcmpBody() {
    frame.putInt((int) value(MatchField.ND_RESERVED));
    boolean neighbour =
        match.has(MatchField.ND_TARGET)
            || match.has(MatchField.ND_SLL)
            || match.has(MatchField.ND_TLL)
            || match.has(MatchField.ND_OPTIONS_TYPE);
    if (neighbour) {
      putIpv6Address(MatchField.ND_TARGET);
      boolean solicitation = value(MatchField.ICMP_TYPE) == SOLICITATION;
      boolean typed = match.has(MatchField.ND_OPTIONS_TYPE);
      int kind = typed ? (int) value(MatchField.ND_OPTIONS_TYPE) : solicitation ? 1 : 2;
      if (kind != 0) {
        frame.put((byte) kind).put((byte) 1);
        putAddress(solicitation ? MatchField.ND_SLL : MatchField.ND_TLL);
      }
    }
  }

  private void putPorts() {
    frame.putShort((short) value(MatchField.TP_SRC)).putShort((short) value(MatchField.TP_DST));
  }

  /**
   * @param more what is summed besides the packet and its length
   */
  private void putChecksum(int start, int at, long more) {
    int length = frame.position() - start;
    int checksum = ~fold(sum(start, length) + length + more) & 0xffff;
    frame.putShort(start + at, (short) (checksum == 0 && at == CHECKSUM_UDP ? 0xffff : checksum));
  }

  /** Of 16-bit words; {@code length} is even. */
  private long sum(int from, int length) {
    long sum = 0;
    for (int i = 0; i < length; i += 2) {
      sum += frame.getShort(from + i) & 0xffffL;
    }
    return sum;
  }

  private static int fold(long sum) {
    while (sum >>> 16 != 0) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return (int) sum;
  }
}
