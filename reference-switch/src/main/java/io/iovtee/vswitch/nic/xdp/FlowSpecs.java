// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.vswitch.linux.RxFlowSpec;
import java.util.EnumSet;
import java.util.Set;

/** Writes a match as a flow rule of a NIC. */
final class FlowSpecs {
  private static final int TYPE_IPV4 = 0x0800;
  private static final int TYPE_IPV6 = 0x86dd;
  private static final long TCI_BITS = 0xefff;

  private static final Set<MatchField> ETHER =
      EnumSet.of(
          MatchField.DL_DST,
          MatchField.DL_SRC,
          MatchField.DL_TYPE,
          MatchField.DL_VLAN,
          MatchField.DL_VLAN_PCP);
  private static final Set<MatchField> IP =
      EnumSet.of(
          MatchField.DL_DST,
          MatchField.DL_TYPE,
          MatchField.DL_VLAN,
          MatchField.DL_VLAN_PCP,
          MatchField.NW_SRC,
          MatchField.NW_DST,
          MatchField.IPV6_SRC,
          MatchField.IPV6_DST,
          MatchField.NW_PROTO,
          MatchField.NW_TOS,
          MatchField.NW_ECN);
  private static final Set<MatchField> PORTS = EnumSet.of(MatchField.TP_SRC, MatchField.TP_DST);

  private final Match match;

  private FlowSpecs(Match match) {
    this.match = match;
  }

  /**
   * A match as a rule.
   *
   * @throws IllegalArgumentException if flow rules have no place for a field; the message names it
   */
  static RxFlowSpec of(Match match) {
    return new FlowSpecs(match).spec();
  }

  private RxFlowSpec spec() {
    int type = (int) value(MatchField.DL_TYPE);
    boolean ipv6 = type == TYPE_IPV6;
    boolean ip = (ipv6 || type == TYPE_IPV4) && !isOnlyEther();
    int transport = ip ? RxFlowSpec.transport(ipv6, (int) value(MatchField.NW_PROTO)) : 0;
    refuseAllBut(ip, transport != 0);
    if (!ip) {
      RxFlowSpec spec = new RxFlowSpec(RxFlowSpec.ETHER);
      if (mask(MatchField.DL_SRC) != 0) {
        spec.source(value(MatchField.DL_SRC), mask(MatchField.DL_SRC));
      }
      if (mask(MatchField.DL_TYPE) != 0) {
        spec.etherType(type);
      }
      return link(spec);
    }
    RxFlowSpec spec =
        new RxFlowSpec(transport != 0 ? transport : ipv6 ? RxFlowSpec.IPV6 : RxFlowSpec.IPV4);
    if (ipv6) {
      ipv6(spec);
    } else {
      spec.ipv4(
          value(MatchField.NW_SRC),
          mask(MatchField.NW_SRC),
          value(MatchField.NW_DST),
          mask(MatchField.NW_DST));
    }
    long classMask = (mask(MatchField.NW_TOS) & 0xfc) | mask(MatchField.NW_ECN);
    if (classMask != 0) {
      spec.trafficClass(value(MatchField.NW_TOS) & classMask, classMask);
    }
    if (transport != 0) {
      spec.ports(
          value(MatchField.TP_SRC),
          mask(MatchField.TP_SRC),
          value(MatchField.TP_DST),
          mask(MatchField.TP_DST));
    } else if (mask(MatchField.NW_PROTO) != 0) {
      spec.protocol(value(MatchField.NW_PROTO));
    }
    return link(spec);
  }

  /** Whether no field above the Ethertype is named: then any NIC that can match it will do. */
  private boolean isOnlyEther() {
    for (FieldMatch named : match.fields()) {
      if (!ETHER.contains(named.field())) {
        return false;
      }
    }
    return true;
  }

  private RxFlowSpec link(RxFlowSpec spec) {
    if (mask(MatchField.DL_DST) != 0) {
      spec.destination(value(MatchField.DL_DST), mask(MatchField.DL_DST));
    }
    long tciMask = mask(MatchField.VLAN_TCI) & TCI_BITS;
    if (tciMask != 0) {
      spec.vlan(value(MatchField.VLAN_TCI) & tciMask, tciMask);
    }
    return spec;
  }

  private void ipv6(RxFlowSpec spec) {
    int source = MatchField.IPV6_SRC.word();
    int destination = MatchField.IPV6_DST.word();
    spec.ipv6(0, match.value(source), match.mask(source));
    spec.ipv6(1, match.value(source + 1), match.mask(source + 1));
    spec.ipv6(2, match.value(destination), match.mask(destination));
    spec.ipv6(3, match.value(destination + 1), match.mask(destination + 1));
  }

  private void refuseAllBut(boolean ip, boolean ports) {
    for (FieldMatch named : match.fields()) {
      MatchField field = named.field();
      boolean known =
          ip ? IP.contains(field) || (ports && PORTS.contains(field)) : ETHER.contains(field);
      if (!known) {
        throw new IllegalArgumentException(
            "flow rules of a NIC have no place for " + field.fieldName() + " beside the rest");
      }
    }
  }

  private long value(MatchField field) {
    return field.extract(match.value(field.word()));
  }

  private long mask(MatchField field) {
    return field.extract(match.mask(field.word()));
  }
}
