// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What OVS has and this switch has not, by the words that name it in a rule: an error can then say
 * "not supported" instead of "unknown". Sources: ovs-fields(7), ovs-actions(7), ovs-ofctl(8).
 */
final class OvsFeature {
  private static final Map<String, String> MATCHES = new HashMap<>();
  private static final Map<String, String> ACTIONS = new HashMap<>();

  static {
    put(
        MATCHES,
        "connection tracking",
        "ct_state ct_zone ct_mark ct_label ct_nw_src ct_nw_dst ct_ipv6_src ct_ipv6_dst ct_nw_proto"
            + " ct_tp_src ct_tp_dst");
    put(MATCHES, "matching tunnel metadata", "tunnel_id");
    put(MATCHES, "conjunctive matching", "conj_id");
    put(
        MATCHES,
        "matching packet metadata",
        "pkt_mark skb_priority skb_mark dp_hash recirc_id actset_output packet_type");
    put(MATCHES, "OpenFlow port numbers; write in_port=NAME", "in_port_oxm");
    put(MATCHES, "the OpenFlow 1.2 form of VLAN matching; write dl_vlan", "vlan_vid");
    put(MATCHES, "the OpenFlow 1.2 form of VLAN matching; write dl_vlan_pcp", "vlan_pcp");
    put(MATCHES, "matching inner VLAN tags", "dl_vlan1 dl_vlan_pcp1 vlan_tci1");
    put(MATCHES, "matching the flow label", "ipv6_label");
    put(MATCHES, "telling an OpenFlow controller of expiry", "send_flow_rem");
    put(MATCHES, "eviction of rules", "importance");
    put(
        MATCHES,
        "this option of ovs-ofctl",
        "check_overlap reset_counts no_packet_counts no_byte_counts out_port out_group"
            + " allow_hidden_fields no_readonly_table");
    put(
        MATCHES,
        "a command in front of a rule",
        "add modify modify_strict delete delete_strict flow group");

    put(ACTIONS, "connection tracking", "ct ct_clear");
    put(ACTIONS, "address translation", "nat");
    put(ACTIONS, "an action set", "write_actions clear_actions");
    put(ACTIONS, "learned rules", "learn");
    put(ACTIONS, "conjunctive matching", "conjunction");
    put(ACTIONS, "deleting fields", "delete_field");
    put(ACTIONS, "the controllers of dec_ttl; write dec_ttl alone", "dec_ttl");
    put(ACTIONS, "MPLS", "push_mpls pop_mpls set_mpls_label set_mpls_tc set_mpls_ttl dec_mpls_ttl");
    put(ACTIONS, "encapsulation", "encap decap dec_nsh_ttl set_tunnel set_tunnel64");
    put(ACTIONS, "a stack; write move", "push pop output_reg");
    put(ACTIONS, "queues", "enqueue set_queue pop_queue");
    put(ACTIONS, "choosing among ports by hash", "bundle bundle_load multipath");
    put(ACTIONS, "expiry of rules", "fin_timeout");
    put(ACTIONS, "the local port of OVS; name a port", "local");
    put(ACTIONS, "this reserved port; use flood", "all");
    put(ACTIONS, "this reserved port", "table any none unset");
    put(
        ACTIONS,
        "this action of OVS",
        "sample clone note exit check_pkt_larger unroll_xlate apply_actions output_trunc"
            + " debug_recirc debug_slow");
  }

  private OvsFeature() {}

  private static void put(Map<String, String> features, String feature, String words) {
    for (String word : words.split(" ", -1)) {
      features.put(word, feature);
    }
  }

  /** The feature that a word left of {@code actions=} asks for; null if OVS has no such word. */
  static @Nullable String ofMatch(String word) {
    String feature = MATCHES.get(word);
    if (feature != null) {
      return feature;
    }
    if (word.startsWith("tun_")) {
      return "matching tunnel metadata";
    }
    if (word.startsWith("mpls_")) {
      return "matching MPLS labels";
    }
    if (word.startsWith("nsh_") || word.matches("ns[pi]|nshc[1-4]")) {
      return "matching service headers (NSH)";
    }
    if (word.matches("x{1,2}reg[0-9]{1,2}")) {
      return "registers of 64 and 128 bits; write reg0 and the like";
    }
    return word.indexOf('[') >= 0
        ? "matching part of a field by [..]; write FIELD=VALUE/MASK"
        : null;
  }

  /** The feature that a word among the actions asks for; null if OVS has no such word. */
  static @Nullable String ofAction(String word) {
    return ACTIONS.get(word.toLowerCase(Locale.ROOT));
  }
}
