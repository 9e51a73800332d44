// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

/**
 * What else a match must say before it may name a field: a port number means nothing without the
 * protocol. Source: ovs-fields(7), "Prerequisites".
 */
public enum Prerequisite {
  NONE("nothing"),
  ARP("arp or rarp"),
  IPV4("ip"),
  IPV6("ipv6"),
  IP("ip or ipv6"),
  TCP("tcp or tcp6, and not nw_frag=later"),
  TRANSPORT("tcp, udp, sctp, tcp6, udp6 or sctp6, and not nw_frag=later"),
  ICMP("icmp or icmp6"),
  ND("icmp6 with icmp_type=135 or icmp_type=136, and no icmp_code but 0"),
  ND_SOLICIT("icmp6 with icmp_type=135, and no icmp_code but 0"),
  ND_ADVERT("icmp6 with icmp_type=136, and no icmp_code but 0");

  private static final int ETHERTYPE_IPV4 = 0x0800;
  private static final int ETHERTYPE_ARP = 0x0806;
  private static final int ETHERTYPE_RARP = 0x8035;
  private static final int ETHERTYPE_IPV6 = 0x86dd;
  private static final int SOLICITATION = 135;
  private static final int ADVERTISEMENT = 136;
  private static final int NONE_GIVEN = -1;

  private final String wanted;

  Prerequisite(String wanted) {
    this.wanted = wanted;
  }

  /** The words that satisfy it, for error texts: {@code "tcp_flags needs " + wanted()}. */
  public String wanted() {
    return wanted;
  }

  /** Whether a match with these words (layout: {@link MatchField}) satisfies it. */
  boolean isSatisfied(long[] values, long[] masks) {
    int type = exact(MatchField.DL_TYPE, values, masks);
    int protocol = exact(MatchField.NW_PROTO, values, masks);
    boolean ip = type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6;
    return switch (this) {
      case NONE -> true;
      case ARP -> type == ETHERTYPE_ARP || type == ETHERTYPE_RARP;
      case IPV4 -> type == ETHERTYPE_IPV4;
      case IPV6 -> type == ETHERTYPE_IPV6;
      case IP -> ip;
      case TCP -> ip && protocol == 6 && !laterFragmentsOnly(values);
      case TRANSPORT ->
          ip && (protocol == 6 || protocol == 17 || protocol == 132) && !laterFragmentsOnly(values);
      case ICMP ->
          (type == ETHERTYPE_IPV4 && protocol == 1) || (type == ETHERTYPE_IPV6 && protocol == 58);
      case ND ->
          isNeighbour(SOLICITATION, type, values, masks)
              || isNeighbour(ADVERTISEMENT, type, values, masks);
      case ND_SOLICIT -> isNeighbour(SOLICITATION, type, values, masks);
      case ND_ADVERT -> isNeighbour(ADVERTISEMENT, type, values, masks);
    };
  }

  /** As in OVS icmp_code may be left out: a frame with another one has no such fields. */
  private static boolean isNeighbour(int message, int type, long[] values, long[] masks) {
    return type == ETHERTYPE_IPV6
        && exact(MatchField.NW_PROTO, values, masks) == 58
        && exact(MatchField.ICMP_TYPE, values, masks) == message
        && MatchField.ICMP_CODE.extract(values[MatchField.ICMP_CODE.word()]) == 0;
  }

  private static int exact(MatchField field, long[] values, long[] masks) {
    return field.extract(masks[field.word()]) == field.exactMask()
        ? (int) field.extract(values[field.word()])
        : NONE_GIVEN;
  }

  /** Only the first fragment of a datagram carries the transport header. */
  private static boolean laterFragmentsOnly(long[] values) {
    return (MatchField.NW_FRAG.extract(values[MatchField.NW_FRAG.word()]) & MatchField.FRAG_LATER)
        != 0;
  }
}
