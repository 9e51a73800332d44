// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.MatchField;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names that mean a field in frames of one IP protocol alone: {@code tcp_dst} is {@code tp_dst} of
 * TCP (ovs-fields(7)).
 */
enum ProtocolField {
  TCP_SRC("tcp_src", MatchField.TP_SRC, 6, "NXM_OF_TCP_SRC", "OXM_OF_TCP_SRC"),
  TCP_DST("tcp_dst", MatchField.TP_DST, 6, "NXM_OF_TCP_DST", "OXM_OF_TCP_DST"),
  UDP_SRC("udp_src", MatchField.TP_SRC, 17, "NXM_OF_UDP_SRC", "OXM_OF_UDP_SRC"),
  UDP_DST("udp_dst", MatchField.TP_DST, 17, "NXM_OF_UDP_DST", "OXM_OF_UDP_DST"),
  SCTP_SRC("sctp_src", MatchField.TP_SRC, 132, "OXM_OF_SCTP_SRC"),
  SCTP_DST("sctp_dst", MatchField.TP_DST, 132, "OXM_OF_SCTP_DST"),
  ICMPV6_TYPE("icmpv6_type", MatchField.ICMP_TYPE, 58, "NXM_NX_ICMPV6_TYPE", "OXM_OF_ICMPV6_TYPE"),
  ICMPV6_CODE("icmpv6_code", MatchField.ICMP_CODE, 58, "NXM_NX_ICMPV6_CODE", "OXM_OF_ICMPV6_CODE");

  private static final Map<String, ProtocolField> BY_NAME = new HashMap<>();
  private static final Map<String, ProtocolField> BY_WIRE_NAME = new HashMap<>();

  static {
    for (ProtocolField field : values()) {
      BY_NAME.put(field.text, field);
      field.wireNames.forEach(name -> BY_WIRE_NAME.put(name, field));
    }
  }

  private final String text;
  private final MatchField field;
  private final int protocol;
  private final List<String> wireNames;

  ProtocolField(String text, MatchField field, int protocol, String... wireNames) {
    this.text = text;
    this.field = field;
    this.protocol = protocol;
    this.wireNames = List.of(wireNames);
  }

  /** Null if the name is none of these. */
  static @Nullable ProtocolField byName(String name) {
    return BY_NAME.get(name);
  }

  /** Also by the names of OpenFlow's own binary form. */
  static @Nullable ProtocolField byAnyName(String name) {
    ProtocolField field = BY_WIRE_NAME.get(name);
    return field != null ? field : byName(name);
  }

  /** The field with this name, whether the name says a protocol or not; null if there is none. */
  static @Nullable MatchField fieldNamed(String name) {
    ProtocolField named = byName(name);
    return named != null ? named.field : MatchField.byName(name);
  }

  /** The name of a field in frames of one protocol, or of any. */
  static String nameOf(FieldMatch set, int protocol) {
    for (ProtocolField named : values()) {
      if (named.field == set.field() && named.protocol == protocol) {
        return named.text;
      }
    }
    return set.field().fieldName(); // of ICMP for IPv4, or of all that have it
  }

  MatchField field() {
    return field;
  }

  /** IP protocol. */
  int protocol() {
    return protocol;
  }

  /** The words that say that protocol, for error texts. */
  String wanted() {
    return switch (protocol) {
      case 6 -> "tcp or tcp6";
      case 17 -> "udp or udp6";
      case 132 -> "sctp or sctp6";
      default -> "icmp6";
    };
  }
}
