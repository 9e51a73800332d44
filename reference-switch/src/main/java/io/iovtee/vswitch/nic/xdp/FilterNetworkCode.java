// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R7;

import io.iovtee.flow.MatchField;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;

/**
 * The layers above Ethernet of {@link FilterCode}. A header is looked at only if the match names
 * one of its fields: {@code ip} alone matches a malformed packet too, as it does in the rule table.
 *
 * <p>Positions count from the frame's first byte. Offsets: RFC 791, 8200, 826, 9293, 768, 9260.
 */
final class FilterNetworkCode {
  private static final int IPV4_LENGTH = 20;
  private static final int IPV6_LENGTH = 40;
  private static final int ARP_LENGTH = 28;

  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int SCTP = 132;
  private static final int TCP_LENGTH_MIN = 20;
  private static final int UDP_LENGTH = 8;
  private static final int SCTP_LENGTH = 12;
  private static final int ICMP_LENGTH_MIN = 8;

  private static final int IPV4_FRAGMENT_BITS = 0x3fff;
  private static final int IPV4_OFFSET_BITS = 0x1fff;

  /** Next headers behind which the parser goes on: hop-by-hop, routing, fragment, AH, options. */
  private static final int[] EXTENSIONS = {0, 43, 44, 51, 60};

  /** Hardware Ethernet, protocol IPv4, address lengths 6 and 4. */
  private static final long ARP_ETHERNET_IPV4 = 0x0001_0800_0604L;

  private static final MatchField[] IP_FIELDS = {
    MatchField.NW_PROTO, MatchField.NW_TOS, MatchField.NW_ECN, MatchField.NW_TTL, MatchField.NW_FRAG
  };
  private static final MatchField[] TRANSPORT_FIELDS = {
    MatchField.TP_SRC, MatchField.TP_DST, MatchField.TCP_FLAGS
  };
  private static final MatchField[] ARP_FIELDS = {
    MatchField.ARP_OP,
    MatchField.ARP_SPA,
    MatchField.ARP_TPA,
    MatchField.ARP_SHA,
    MatchField.ARP_THA
  };

  private final FilterCode filter;
  private final BpfAssembler code;
  private final int network;
  private final String missed;

  /**
   * @param network where the layer starts
   */
  FilterNetworkCode(FilterCode filter, int network, String missed) {
    this.filter = filter;
    this.code = filter.code();
    this.network = network;
    this.missed = missed;
  }

  private boolean looksAtAny(MatchField... fields) {
    for (MatchField field : fields) {
      if (filter.looksAt(field)) {
        return true;
      }
    }
    return false;
  }

  void ipv4() {
    boolean transport = looksAtAny(TRANSPORT_FIELDS);
    if (!transport && !looksAtAny(IP_FIELDS) && !looksAtAny(MatchField.NW_SRC, MatchField.NW_DST)) {
      return;
    }
    filter.needBytes(network + IPV4_LENGTH, missed);
    code.load(Instruction.BPF_B, R1, R7, network)
        .andConstant(R1, 0xf)
        .load(Instruction.BPF_H, R2, R7, network + 2)
        .fromNetwork16(R2)
        .jumpIfLess(R1, IPV4_LENGTH / 4, missed);
    if (transport) {
      // Options: where the ports are would have to be computed.
      code.jumpIfNotEqual(R1, IPV4_LENGTH / 4, missed);
    }
    code.shiftLeft(R1, 2).jumpIfGreater(R1, R2, missed);
    filter.needBytesAndR2(network, missed);
    filter.compare(MatchField.NW_PROTO, network + 9, 1, missed);
    filter.compare(MatchField.NW_TTL, network + 8, 1, missed);
    filter.compare(MatchField.NW_SRC, network + 12, 4, missed);
    filter.compare(MatchField.NW_DST, network + 16, 4, missed);
    trafficClass(network + 1, 1, 0);
    ipv4Fragment(transport);
    if (transport) {
      code.addConstant(R2, -IPV4_LENGTH);
      transport(network + IPV4_LENGTH);
    }
  }

  private void trafficClass(int offset, int length, int shift) {
    filter.isCompared(MatchField.NW_TOS);
    filter.isCompared(MatchField.NW_ECN);
    long tosMask = filter.mask(MatchField.NW_TOS) & MatchField.NW_TOS.exactMask();
    long ecnMask = filter.mask(MatchField.NW_ECN);
    long tos = filter.value(MatchField.NW_TOS) & tosMask;
    long ecn = filter.value(MatchField.NW_ECN) & ecnMask;
    filter.compareBytes(offset, length, (tos | ecn) << shift, (tosMask | ecnMask) << shift, missed);
  }

  private void ipv4Fragment(boolean transport) {
    filter.isCompared(MatchField.NW_FRAG);
    long mask = filter.mask(MatchField.NW_FRAG);
    long value = filter.value(MatchField.NW_FRAG);
    if ((mask & MatchField.FRAG_ANY) != 0) {
      fragmentBits(IPV4_FRAGMENT_BITS, (value & MatchField.FRAG_ANY) != 0);
    }
    if ((mask & MatchField.FRAG_LATER) != 0) {
      fragmentBits(IPV4_OFFSET_BITS, (value & MatchField.FRAG_LATER) != 0);
    } else if (transport) {
      // A later fragment has no ports: what lies in their place is the sender's choice.
      fragmentBits(IPV4_OFFSET_BITS, false);
    }
  }

  /** Wants any of the bits to be set, or none. */
  private void fragmentBits(int bits, boolean set) {
    code.load(Instruction.BPF_H, R1, R7, network + 6).fromNetwork16(R1).andConstant(R1, bits);
    if (set) {
      code.jumpIfEqual(R1, 0, missed);
    } else {
      code.jumpIfNotEqual(R1, 0, missed);
    }
  }

  void ipv6() {
    boolean above = looksAtAny(IP_FIELDS) || looksAtAny(TRANSPORT_FIELDS);
    if (!above && !looksAtAny(MatchField.IPV6_SRC, MatchField.IPV6_DST)) {
      return;
    }
    filter.needBytes(network + IPV6_LENGTH, missed);
    code.load(Instruction.BPF_H, R2, R7, network + 4).fromNetwork16(R2);
    filter.needBytesAndR2(network + IPV6_LENGTH, missed);
    filter.compare(MatchField.IPV6_SRC, network + 8, 16, missed);
    filter.compare(MatchField.IPV6_DST, network + 24, 16, missed);
    if (!above) {
      return;
    }
    noExtensions();
    filter.compare(MatchField.NW_PROTO, network + 6, 1, missed);
    filter.compare(MatchField.NW_TTL, network + 7, 1, missed);
    trafficClass(network, 2, 4);
    filter.isCompared(MatchField.NW_FRAG);
    if (filter.value(MatchField.NW_FRAG) != 0) {
      throw FilterCode.refused("nw_frag in IPv6 stands in an extension header");
    }
    if (looksAtAny(TRANSPORT_FIELDS)) {
      transport(network + IPV6_LENGTH);
    }
  }

  /** Lets no packet through that has an extension header: what is behind it is not looked for. */
  private void noExtensions() {
    if (filter.mask(MatchField.NW_PROTO) != 0) {
      for (int extension : EXTENSIONS) {
        if (filter.value(MatchField.NW_PROTO) == extension) {
          throw FilterCode.refused("nw_proto=" + extension + " in IPv6 is an extension header");
        }
      }
      // One comparison, with a protocol that is none of these, does it all.
      return;
    }
    code.load(Instruction.BPF_B, R1, R7, network + 6);
    for (int extension : EXTENSIONS) {
      code.jumpIfEqual(R1, extension, missed);
    }
  }

  /** Ports, flags, or type and code; R2 has the bytes from here to the end of the IP packet. */
  private void transport(int position) {
    int protocol = (int) filter.value(MatchField.NW_PROTO);
    switch (protocol) {
      case TCP -> tcp(position);
      case UDP -> ports(position, UDP_LENGTH);
      case SCTP -> ports(position, SCTP_LENGTH);
      default -> {
        code.jumpIfLess(R2, ICMP_LENGTH_MIN, missed);
        filter.needBytes(position + ICMP_LENGTH_MIN, missed);
        filter.compare(MatchField.ICMP_TYPE, position, 1, missed);
        filter.compare(MatchField.ICMP_CODE, position + 1, 1, missed);
      }
    }
  }

  private void ports(int position, int lengthMin) {
    code.jumpIfLess(R2, lengthMin, missed);
    filter.needBytes(position + lengthMin, missed);
    filter.compare(MatchField.TP_SRC, position, 2, missed);
    filter.compare(MatchField.TP_DST, position + 2, 2, missed);
  }

  private void tcp(int position) {
    ports(position, TCP_LENGTH_MIN);
    code.load(Instruction.BPF_B, R1, R7, position + 12)
        .shiftRight(R1, 4)
        .jumpIfLess(R1, TCP_LENGTH_MIN / 4, missed)
        .shiftLeft(R1, 2)
        .jumpIfGreater(R1, R2, missed);
    filter.compare(MatchField.TCP_FLAGS, position + 12, 2, missed);
  }

  void arp() {
    if (!looksAtAny(ARP_FIELDS)) {
      return;
    }
    filter.needBytes(network + ARP_LENGTH, missed);
    filter.compareBytes(network, 6, ARP_ETHERNET_IPV4, -1L, missed);
    filter.compare(MatchField.ARP_OP, network + 6, 2, missed);
    filter.compare(MatchField.ARP_SHA, network + 8, 6, missed);
    filter.compare(MatchField.ARP_SPA, network + 14, 4, missed);
    filter.compare(MatchField.ARP_THA, network + 18, 6, missed);
    filter.compare(MatchField.ARP_TPA, network + 24, 4, missed);
  }
}
