// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a switch does with a frame that a rule matched. The set is closed: a switch handles all. */
public sealed interface Action {

  Action DROP = new Drop();
  Action NORMAL = new Normal();
  Action FLOOD = new Flood();
  Action IN_PORT = new InPort();

  Action POP_VLAN = new PopVlan();
  Action DEC_TTL = new DecTtl();

  /** Hands over the whole frame. */
  Action PUNT = new Punt(Punt.WHOLE_FRAME);

  /** Sets all bits of a field of up to 64 bits; see {@link SetField}. */
  static Action set(MatchField field, long value) {
    return new SetField(FieldMatch.exact(field, value));
  }

  /** The port that the action names; null if it names none. */
  default @Nullable String port() {
    return null;
  }

  /** Sends the frame out of the port with this name. */
  static Action output(String port) {
    return new Output(port);
  }

  /**
   * Sends the frame out of one port. As in OVS the frame does not go back to the port that it came
   * from; {@link InPort} asks for that.
   *
   * @param port a valid {@link PortName}
   */
  record Output(String port) implements Action {
    public Output {
      PortName.check(port);
    }
  }

  /** Discards the frame. Always the only action of its rule. */
  record Drop() implements Action {}

  /** Hands the frame to the learning switch: MAC table, flooding of unknown destinations. */
  record Normal() implements Action {}

  /** Sends the frame out of each port except the one that it came from. */
  record Flood() implements Action {}

  /** Sends the frame back out of the port that it came from. */
  record InPort() implements Action {}

  /**
   * Changes a field of the frame, and the checksums that cover it, or metadata or a register; what
   * is done later sees the change. A frame that has not the field stays as it is; but {@code
   * dl_vlan} and {@code dl_vlan_pcp} give a tag to a frame that has none.
   *
   * @param field what to set it to: the bits under the mask
   * @param protocol for ports and what ICMP has: only frames of this IP protocol have the field, as
   *     {@code tcp_dst} means TCP's; {@link #ANY_PROTOCOL} for all that have it, but {@code
   *     icmp_type} and {@code icmp_code} are then those of ICMP for IPv4, as in OVS
   */
  record SetField(FieldMatch field, int protocol) implements Action {
    /** Frames of any protocol are meant. */
    public static final int ANY_PROTOCOL = 0;

    private static final int ICMP = 1;

    /** Fields that can be set: those that say what the rest of the frame is can not. */
    public static final Set<MatchField> FIELDS =
        Collections.unmodifiableSet(
            EnumSet.of(
                MatchField.DL_VLAN,
                MatchField.DL_VLAN_PCP,
                MatchField.DL_SRC,
                MatchField.DL_DST,
                MatchField.NW_SRC,
                MatchField.NW_DST,
                MatchField.IPV6_SRC,
                MatchField.IPV6_DST,
                MatchField.IPV6_LABEL,
                MatchField.ARP_SPA,
                MatchField.ARP_TPA,
                MatchField.ARP_OP,
                MatchField.ARP_SHA,
                MatchField.ARP_THA,
                MatchField.NW_TOS,
                MatchField.NW_ECN,
                MatchField.NW_TTL,
                MatchField.ICMP_TYPE,
                MatchField.ICMP_CODE,
                MatchField.ND_TARGET,
                MatchField.ND_SLL,
                MatchField.ND_TLL,
                MatchField.ND_RESERVED,
                MatchField.ND_OPTIONS_TYPE,
                MatchField.TP_SRC,
                MatchField.TP_DST,
                MatchField.METADATA,
                MatchField.REG0,
                MatchField.REG1,
                MatchField.REG2,
                MatchField.REG3,
                MatchField.REG4,
                MatchField.REG5,
                MatchField.REG6,
                MatchField.REG7,
                MatchField.REG8,
                MatchField.REG9,
                MatchField.REG10,
                MatchField.REG11,
                MatchField.REG12,
                MatchField.REG13,
                MatchField.REG14,
                MatchField.REG15));

    /**
     * @throws IllegalArgumentException if the field can not be set, or no bit of it is
     */
    public SetField {
      if (!FIELDS.contains(field.field())) {
        throw new IllegalArgumentException(
            "this field can be matched only, not set: field=" + field.field().fieldName());
      }
      if (field.isAny()) {
        throw new IllegalArgumentException(
            "no bit is set: field=" + field.field().fieldName() + ", mask=0");
      }
      if (protocol == ANY_PROTOCOL && isOf(ICMP, field.field())) {
        protocol = ICMP;
      }
      if (protocol != ANY_PROTOCOL && !isOf(protocol, field.field())) {
        throw new IllegalArgumentException(
            "no field of this protocol: field=%s, protocol=%d"
                .formatted(field.field().fieldName(), protocol));
      }
    }

    /** In whatever frames have the field. */
    public SetField(FieldMatch field) {
      this(field, ANY_PROTOCOL);
    }

    private static boolean isOf(int protocol, MatchField field) {
      return switch (field) {
        case TP_SRC, TP_DST -> protocol == 6 || protocol == 17 || protocol == 132;
        case ICMP_TYPE, ICMP_CODE -> protocol == ICMP || protocol == 58;
        default -> false;
      };
    }
  }

  /**
   * Puts a VLAN tag with ID 0 and priority 0 in front of all others.
   *
   * @param type 0x8100 or 0x88a8
   */
  record PushVlan(int type) implements Action {
    /** Tags that one rule may push: more than two are for no network. */
    public static final int MAX = 2;

    public PushVlan {
      if (type != 0x8100 && type != 0x88a8) {
        throw new IllegalArgumentException(
            "a tag has type 0x8100 or 0x88a8: type=0x%04x".formatted(type));
      }
    }
  }

  /** Takes the outermost VLAN tag away; a frame without one stays as it is. */
  record PopVlan() implements Action {}

  /**
   * Takes one from the TTL or hop limit. A frame whose TTL is 0 or 1 ends here: what follows in the
   * rule is not done for it. One that is not IP stays as it is.
   */
  record DecTtl() implements Action {}

  /**
   * Copies bits of one field to another; neither is wider than 64 bits. The rule's match says that
   * frames have both.
   *
   * @param from may be any field but in_port
   * @param fromBit the lowest bit that is read, counted from the least significant
   * @param to a field that can be set
   * @param toBit the lowest bit that is set
   * @param bits how many
   */
  record Move(MatchField from, int fromBit, MatchField to, int toBit, int bits) implements Action {
    public Move {
      if (from == MatchField.IN_PORT || from.isWide()) {
        throw new IllegalArgumentException(
            "not supported: move of this field: " + from.fieldName());
      }
      if (!SetField.FIELDS.contains(to) || to.isWide() || to == MatchField.NW_TOS) {
        throw new IllegalArgumentException("not supported: move to this field: " + to.fieldName());
      }
      if (bits < 1
          || fromBit < 0
          || toBit < 0
          || bits > from.width() - fromBit
          || bits > to.width() - toBit
          || (!to.isMaskable() && bits != to.width())) {
        throw new IllegalArgumentException(
            "not supported: move of these bits: %s[%d..%d] to %s[%d..%d]"
                .formatted(
                    from.fieldName(),
                    fromBit,
                    fromBit + bits - 1,
                    to.fieldName(),
                    toBit,
                    toBit + bits - 1));
      }
    }
  }

  /**
   * Does what the best rule of another table says, then goes on. What that rule changes stays
   * changed. If no rule matches there, nothing is done.
   *
   * @param table where to look; any table, also one that was visited before
   * @param port look as if the frame came from this port; null to leave it
   */
  record Resubmit(int table, @Nullable String port) implements Action {
    public Resubmit {
      checkTable(table);
      if (port != null) {
        PortName.check(port);
      }
    }
  }

  /**
   * Sends a copy of the frame, as it is by then, out of one port, and goes on. What becomes of the
   * copy changes nothing for the frame: neither its outcome nor whose buffer it lies in. The port
   * that the frame came from gets none.
   *
   * @param port a valid {@link PortName}
   */
  record Mirror(String port) implements Action {
    public Mirror {
      PortName.check(port);
    }
  }

  /**
   * Hands a copy of the frame, as it is by then, to whoever listens at the switch's API, and goes
   * on; OVS's {@code controller}. There is a limit on how many frames a second.
   *
   * @param lengthMax bytes of the frame that are handed over at most
   */
  record Punt(int lengthMax) implements Action {
    /** All of the frame; OpenFlow's OFPCML_NO_BUFFER. */
    public static final int WHOLE_FRAME = 0xffff;

    public Punt {
      if (lengthMax < 1 || lengthMax > WHOLE_FRAME) {
        throw new IllegalArgumentException(
            "punt hands over 1 to %d bytes of a frame: length=%d"
                .formatted(WHOLE_FRAME, lengthMax));
      }
    }
  }

  /**
   * Goes on in a later table; always the last action. A frame that no rule of it matches ends
   * there.
   */
  record GotoTable(int table) implements Action {
    public GotoTable {
      checkTable(table);
    }
  }

  /**
   * Hands the frame to a group. What the group's buckets change is not seen by what follows.
   *
   * @param group a {@link FlowGroup}'s id
   */
  record Group(long group) implements Action {
    public Group {
      FlowGroup.checkId("group", group);
    }
  }

  /**
   * Goes on only with a frame that keeps a meter's rate; all others end here. Always the first
   * action.
   *
   * @param meter a {@link FlowMeter}'s id
   */
  record Meter(long meter) implements Action {
    public Meter {
      if (meter < 1 || meter > FlowMeter.ID_MAX) {
        throw new IllegalArgumentException(
            "meter must be 1 to %d: %d".formatted(FlowMeter.ID_MAX, meter));
      }
    }
  }

  private static void checkTable(int table) {
    if (table < 0 || table > Match.TABLE_MAX) {
      throw new IllegalArgumentException(
          "a table has a number from 0 to " + Match.TABLE_MAX + ": table=" + table);
    }
  }
}
