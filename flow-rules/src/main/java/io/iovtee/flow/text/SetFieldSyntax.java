// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.MatchField;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The many ways to write that a field is set (ovs-actions(7)): {@code mod_nw_src:10.0.0.1}, {@code
 * set_field:10.0.0.1->nw_src}, {@code load:0xa000001->NXM_OF_IP_SRC[]}.
 */
final class SetFieldSyntax {
  private static final String ARROW = "->";

  /** Words that take nothing but the value. */
  private static final Map<String, MatchField> BY_ACTION =
      Map.ofEntries(
          Map.entry("mod_vlan_vid", MatchField.DL_VLAN),
          Map.entry("set_vlan_vid", MatchField.DL_VLAN),
          Map.entry("mod_vlan_pcp", MatchField.DL_VLAN_PCP),
          Map.entry("set_vlan_pcp", MatchField.DL_VLAN_PCP),
          Map.entry("mod_dl_src", MatchField.DL_SRC),
          Map.entry("mod_dl_dst", MatchField.DL_DST),
          Map.entry("mod_nw_src", MatchField.NW_SRC),
          Map.entry("mod_nw_dst", MatchField.NW_DST),
          Map.entry("mod_nw_tos", MatchField.NW_TOS),
          Map.entry("mod_nw_ecn", MatchField.NW_ECN),
          Map.entry("mod_nw_ttl", MatchField.NW_TTL),
          Map.entry("set_nw_ttl", MatchField.NW_TTL),
          Map.entry("mod_tp_src", MatchField.TP_SRC),
          Map.entry("mod_tp_dst", MatchField.TP_DST));

  private SetFieldSyntax() {}

  /**
   * Reads one action.
   *
   * @param name in lower case
   * @return null if the word is none of these
   * @throws IllegalArgumentException with what is wrong and what is allowed
   */
  static @Nullable Action parse(String name, @Nullable String value) {
    MatchField field = BY_ACTION.get(name);
    boolean set = name.equals("set_field");
    boolean metadata = name.equals("write_metadata");
    if (field == null && !set && !metadata && !name.equals("load")) {
      return null;
    }
    if (value == null || value.isEmpty()) {
      throw new IllegalArgumentException("the value is missing");
    }
    if (field != null) {
      return new Action.SetField(exact(FieldSyntax.parse(field, value), value));
    }
    if (metadata) {
      return new Action.SetField(FieldSyntax.parse(MatchField.METADATA, value));
    }
    int arrow = value.indexOf(ARROW);
    if (arrow < 0) {
      throw new IllegalArgumentException(
          set ? "allowed: set_field:VALUE->FIELD" : "allowed: load:NUMBER->FIELD[FIRST..LAST]");
    }
    String left = value.substring(0, arrow);
    String right = value.substring(arrow + ARROW.length());
    return set ? setField(left, right) : load(left, right);
  }

  /** dl_vlan=0xffff is a match on no tag, and mod_ actions take no mask. */
  private static FieldMatch exact(FieldMatch field, String value) {
    if (!field.isExact() || field.field() == MatchField.VLAN_TCI) {
      throw new IllegalArgumentException("can be set as a whole only: " + value);
    }
    return field;
  }

  private static Action setField(String value, String name) {
    if (name.equals("ip_dscp")) {
      return Action.set(MatchField.NW_TOS, NumberSyntax.parse(value, 63) << 2);
    }
    if (name.equals("vlan_vid")) {
      return setVlanVid(value);
    }
    MatchField field = ProtocolField.fieldNamed(name);
    if (field == null) {
      String feature = OvsFeature.ofMatch(name);
      throw new IllegalArgumentException(
          feature == null
              ? "unknown field: " + name + "; " + allowed()
              : "not supported: " + name + " (" + feature + ")");
    }
    if (field == MatchField.IN_PORT) {
      throw new IllegalArgumentException("this field can be matched only, not set: in_port");
    }
    if (field == MatchField.VLAN_TCI) {
      throw new IllegalArgumentException(
          "not supported: set_field of vlan_tci; write mod_vlan_vid, mod_vlan_pcp or strip_vlan");
    }
    FieldMatch parsed = FieldSyntax.parse(field, value);
    return field == MatchField.DL_VLAN
        ? new Action.SetField(exact(parsed, value))
        : new Action.SetField(parsed, protocolOf(ProtocolField.byName(name)));
  }

  /** As in OVS the number has the bit that says that there is a tag. */
  private static Action setVlanVid(String value) {
    FieldMatch read = FieldSyntax.parseVlanVid(value);
    if (read.field() != MatchField.DL_VLAN) {
      throw new IllegalArgumentException(
          "vlan_vid is set to the VLAN ID plus 0x1000, as a whole; allowed: 0x1000 to 0x1fff");
    }
    return new Action.SetField(read);
  }

  /** {@code FIELD}, {@code FIELD[]}, {@code FIELD[BIT]} or {@code FIELD[FIRST..LAST]}. */
  private static Action load(String number, String destination) {
    int open = destination.indexOf('[');
    String name = open < 0 ? destination : destination.substring(0, open);
    MatchField field = BitRange.field(name);
    if (field == null || !Action.SetField.FIELDS.contains(field) || field == MatchField.NW_TOS) {
      String instead =
          field == MatchField.IN_PORT
              ? " (to send a frame back write in_port)"
              : field == MatchField.VLAN_TCI ? " (write mod_vlan_vid, strip_vlan)" : "";
      throw new IllegalArgumentException(
          "not supported: load to this field: " + name + instead + "; " + allowed());
    }
    BitRange range = BitRange.of(field, open < 0 ? "" : destination.substring(open));
    return new Action.SetField(range.with(number), protocolOf(ProtocolField.byAnyName(name)));
  }

  private static int protocolOf(@Nullable ProtocolField named) {
    return named == null ? Action.SetField.ANY_PROTOCOL : named.protocol();
  }

  private static String allowed() {
    StringBuilder names = new StringBuilder("allowed:");
    Action.SetField.FIELDS.forEach(field -> names.append(' ').append(field.fieldName()));
    return names.toString();
  }

  /** Writes what {@link #parse} reads back as an equal action. */
  static String format(Action.SetField set) {
    FieldMatch field = set.field();
    String value = FieldSyntax.format(field);
    if (set.protocol() != Action.SetField.ANY_PROTOCOL) {
      return "set_field:" + value + ARROW + ProtocolField.nameOf(field, set.protocol());
    }
    String name = field.field().fieldName();
    return switch (field.field()) {
      case DL_VLAN -> "mod_vlan_vid:" + value;
      case DL_VLAN_PCP -> "mod_vlan_pcp:" + value;
      case NW_TOS, NW_ECN, NW_TTL -> "mod_" + name + ":" + value;
      case DL_SRC, DL_DST, NW_SRC, NW_DST, TP_SRC, TP_DST ->
          field.isExact() ? "mod_" + name + ":" + value : "set_field:" + value + ARROW + name;
      default -> "set_field:" + value + ARROW + name;
    };
  }
}
