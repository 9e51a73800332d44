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
    put(
        MATCHES,
        "parts of vlan_vid, and moving it; write vlan_vid=VALUE/MASK or vlan_tci",
        "vlan_vid");
    put(MATCHES, "matching inner VLAN tags", "dl_vlan1 dl_vlan_pcp1 vlan_tci1");
    put(
        MATCHES,
        "telling an OpenFlow controller of expiry; the event flows_expired always comes",
        "send_flow_rem");
    put(MATCHES, "eviction of rules; a full table refuses new ones", "importance");
    put(MATCHES, "refusing rules that overlap; iovtee flow check tells them", "check_overlap");
    put(
        MATCHES,
        "counting in another way than OpenFlow's default",
        "reset_counts no_packet_counts no_byte_counts");
    put(MATCHES, "a filter of deletions; write it behind delete", "out_port out_group");
    put(MATCHES, "rules of OVS's own; there are none", "allow_hidden_fields no_readonly_table");

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
    put(ACTIONS, "timeouts from the end of a connection; write idle_timeout", "fin_timeout");
    put(ACTIONS, "the local port of OVS; name a port", "local");
    put(ACTIONS, "for frames from a controller; write resubmit(,N)", "table");
    put(ACTIONS, "no port", "any none unset");
    put(ACTIONS, "samples for IPFIX; write mirror:PORT", "sample");
    put(ACTIONS, "changes of a copy; write group:N, whose buckets change copies", "clone");
    put(ACTIONS, "notes; write cookie=N, or a # comment in a file", "note");
    put(ACTIONS, "leaving the rules that resubmitted here; end them with the resubmit", "exit");
    put(ACTIONS, "asking for the length of a frame", "check_pkt_larger");
    put(ACTIONS, "instructions; write the actions alone", "apply_actions");
    put(ACTIONS, "cutting frames", "output_trunc");
    put(ACTIONS, "internals of OVS", "unroll_xlate debug_recirc debug_slow");
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
    return null;
  }

  /**
   * What takes a line with this word, where a rule was wanted: files of ovs-ofctl have commands,
   * and this switch's also groups and meters. Null if the word is none of theirs.
   */
  static @Nullable String takerOf(String word) {
    return switch (word) {
      case "group_id" -> taker("group");
      case "meter" -> taker("meter");
      case "add", "modify", "modify_strict", "delete", "delete_strict", "flow", "group" ->
          "a command, which 'iovtee flow bundle' carries out";
      default -> null;
    };
  }

  private static String taker(String what) {
    return "a %s, which 'iovtee %s add' takes, and 'iovtee flow bundle' in a file with rules"
        .formatted(what, what);
  }

  /** The feature that a word among the actions asks for; null if OVS has no such word. */
  static @Nullable String ofAction(String word) {
    return ACTIONS.get(word.toLowerCase(Locale.ROOT));
  }
}
