// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Rules as an operator could write them, at random: only the text, so that both read it. */
final class RuleTexts {
  private static final String[] SHORTHANDS = {
    "", "", "ip", "ip", "tcp", "tcp", "udp", "icmp", "sctp", "arp", "rarp", "ipv6", "ipv6", "tcp6",
    "udp6", "icmp6", "icmp6", "sctp6", "mpls"
  };
  private static final String[] TCP_FLAGS = {"+syn-ack", "+ack", "syn|ack", "0x010", "0x002/0x012"};
  private static final String[] FRAGMENTS = {"no", "yes", "first", "later", "not_later"};

  private final SplittableRandom random;
  private final List<String> ports;

  RuleTexts(SplittableRandom random, List<String> ports) {
    this.random = random;
    this.ports = ports;
  }

  /** Words that stand in a rule of table {@code table} besides its match; may be empty. */
  String stateMatch(int table) {
    List<String> words = new ArrayList<>();
    if (table > 0) {
      words.add("table=" + table);
    }
    if (table > 0 && chance(3)) {
      words.add("reg" + random.nextInt(3) + "=0x%x/0x%x".formatted(random.nextInt(4), 3));
    }
    if (table > 0 && chance(5)) {
      words.add("metadata=0x%x/0x%x".formatted((long) random.nextInt(2) << 40, 1L << 40));
    }
    return String.join(",", words);
  }

  /**
   * Actions that change what is changed with {@code changes}, and look into other tables.
   *
   * @param goTo whether goto_table may stand there, which OpenFlow 1.0 has not
   */
  String walk(int table, int tables, String changes, boolean goTo) {
    List<String> actions = new ArrayList<>();
    for (String action : changes.equals("drop") ? new String[0] : changes.split(",", -1)) {
      if (chance(3)) {
        actions.add(state());
      }
      if (chance(4)) {
        actions.add(resubmit(table, tables));
      }
      // OVS knows two tags: what a table that is visited twice pushes would be one too many.
      if (table == 0 || !action.contains("vlan")) {
        actions.add(action);
      }
    }
    if (chance(2)) {
      actions.add(resubmit(table, tables));
    }
    if (goTo && chance(3) && table + 1 < tables) {
      actions.add("goto_table:" + (table + 1 + random.nextInt(tables - table - 1)));
    }
    return actions.isEmpty() ? "drop" : String.join(",", actions);
  }

  /** Forward only: two rules that send frames to each other would end at different limits. */
  private String resubmit(int table, int tables) {
    if (table + 1 == tables) {
      return "output:" + port();
    }
    int there = table + 1 + random.nextInt(tables - table - 1);
    return "resubmit(" + (chance(3) ? port() : "") + "," + there + ")";
  }

  private String state() {
    return switch (random.nextInt(5)) {
      case 0 -> "load:0x%x->NXM_NX_REG%d[0..1]".formatted(random.nextInt(4), random.nextInt(3));
      case 1 -> "set_field:0x%x->reg%d".formatted(random.nextInt(4), random.nextInt(3));
      case 2 -> "set_field:0x%x->metadata".formatted((long) random.nextInt(2) << 40);
      case 3 -> "move:NXM_OF_ETH_DST[0..1]->NXM_NX_REG%d[0..1]".formatted(random.nextInt(3));
      default -> "move:NXM_NX_REG%d[0..7]->NXM_OF_ETH_SRC[8..15]".formatted(random.nextInt(3));
    };
  }

  /** What stands before the actions, without priority and cookie; may be empty. */
  String match() {
    List<String> words = new ArrayList<>();
    String shorthand = Values.one(random, SHORTHANDS);
    if (!shorthand.isEmpty()) {
      words.add(shorthand);
    } else if (chance(6)) {
      words.add("dl_type=0x%04x".formatted(Values.one(random, Values.TYPES)));
    }
    if (chance(4)) {
      words.add("in_port=" + port());
    }
    addLink(words);
    switch (shorthand) {
      case "ip", "tcp", "udp", "icmp", "sctp" -> addNetwork(words, shorthand.equals("ip"), true);
      case "ipv6", "tcp6", "udp6", "icmp6", "sctp6" ->
          addNetwork(words, shorthand.equals("ipv6"), false);
      case "arp", "rarp" -> addArp(words);
      default -> {}
    }
    addTransport(words, shorthand.replace("6", ""));
    return String.join(random.nextBoolean() ? "," : ", ", words);
  }

  private void addLink(List<String> words) {
    if (chance(6)) {
      words.add("dl_src=" + mac());
    }
    if (chance(4)) {
      words.add("dl_dst=" + mac());
    }
    switch (random.nextInt(18)) {
      case 0 -> words.add("dl_vlan=" + Values.one(random, Values.VLANS));
      case 1 -> words.add("dl_vlan=0xffff");
      case 2 -> words.add("dl_vlan_pcp=" + random.nextInt(8));
      case 3 -> {
        words.add("dl_vlan=" + Values.one(random, Values.VLANS));
        words.add("dl_vlan_pcp=" + random.nextInt(8));
      }
      case 4 -> words.add("vlan_tci=0x1000/0x1000");
      case 5 -> words.add("vlan_tci=0x%04x/0x%04x".formatted(0x1000 | random.nextInt(256), 0x10ff));
      case 6 -> words.add("vlan_tci=0");
      case 7 -> words.add("vlan_tci=%d/%d".formatted(random.nextInt(8), 1 + random.nextInt(8)));
      default -> {}
    }
  }

  private void addNetwork(List<String> words, boolean protocol, boolean ipv4) {
    if (protocol && chance(3)) {
      words.add("nw_proto=" + Values.one(random, Values.PROTOCOLS));
    }
    String[] names =
        ipv4 ? new String[] {"nw_src", "nw_dst"} : new String[] {"ipv6_src", "ipv6_dst"};
    for (String name : names) {
      if (chance(4)) {
        words.add(name + "=" + (ipv4 ? ipv4() : ipv6()));
      }
    }
    if (!ipv4 && chance(3)) {
      words.add("ipv6_label=" + label());
    }
    if (chance(8)) {
      words.add("nw_tos=" + Values.one(random, Values.TOS));
    }
    if (chance(8)) {
      words.add("nw_ecn=" + random.nextInt(4));
    }
    if (chance(8)) {
      words.add("nw_ttl=" + Values.one(random, Values.TTL));
    }
    if (chance(8)) {
      words.add("nw_frag=" + Values.one(random, FRAGMENTS));
    }
  }

  private void addArp(List<String> words) {
    if (chance(3)) {
      words.add("arp_op=" + (1 + random.nextInt(3)));
    }
    for (String name : new String[] {"arp_spa", "arp_tpa"}) {
      if (chance(4)) {
        words.add(name + "=" + ipv4());
      }
    }
    for (String name : new String[] {"arp_sha", "arp_tha"}) {
      if (chance(5)) {
        words.add(name + "=" + mac());
      }
    }
  }

  private void addTransport(List<String> words, String protocol) {
    boolean later = words.contains("nw_frag=later");
    switch (protocol) {
      case "tcp", "udp", "sctp" -> {
        for (String side : new String[] {"src", "dst"}) {
          if (!later && chance(3)) {
            words.add((chance(3) ? protocol + "_" : "tp_") + side + "=" + transportPort());
          }
        }
        if (!later && protocol.equals("tcp") && chance(4)) {
          words.add("tcp_flags=" + Values.one(random, TCP_FLAGS));
        }
      }
      case "icmp" -> {
        if (!later && chance(3)) {
          words.add("icmp_type=" + new int[] {0, 3, 8, 128, 135}[random.nextInt(5)]);
        }
        if (!later && chance(5)) {
          words.add("icmp_code=" + random.nextInt(2));
        }
        if (!later && words.contains("icmp6")) {
          addNeighbour(words);
        }
      }
      default -> {}
    }
  }

  private void addNeighbour(List<String> words) {
    words.removeIf(word -> word.startsWith("icmp_"));
    int type = 135 + random.nextInt(2);
    words.add("icmp_type=" + type);
    if (chance(3)) {
      words.add("icmp_code=0");
    }
    if (chance(2)) {
      words.add("nd_target=" + ipv6());
    }
    if (chance(4)) {
      words.add((type == 135 ? "nd_sll=" : "nd_tll=") + mac());
    }
    if (chance(5)) {
      words.add("nd_reserved=" + (Values.one(random, Values.ND_RESERVED) & 0xffff_ffffL));
    }
    if (chance(6)) {
      words.add("nd_options_type=" + random.nextInt(3));
    }
  }

  private String label() {
    int label = Values.one(random, Values.LABELS);
    return switch (random.nextInt(4)) {
      case 0 -> "0x%x/0x%x".formatted(label, 0xfffff << random.nextInt(20) & 0xfffff);
      case 1 -> "%d/0xf00ff".formatted(label);
      default -> Integer.toString(label);
    };
  }

  private String transportPort() {
    int port = Values.one(random, Values.TRANSPORT_PORTS);
    return switch (random.nextInt(4)) {
      case 0 -> "0x%x/0x%x".formatted(port, 0xffff << random.nextInt(16) & 0xffff);
      case 1 -> "%d/0x%x".formatted(port, 1 + random.nextInt(0xffff));
      default -> Integer.toString(port);
    };
  }

  private String mac() {
    String mac = Values.one(random, Values.MACS);
    return switch (random.nextInt(6)) {
      case 0 -> mac + "/ff:ff:ff:00:00:00";
      case 1 -> "01:00:00:00:00:00/01:00:00:00:00:00";
      case 2 -> mac + "/00:00:00:00:00:ff";
      default -> mac;
    };
  }

  private String ipv4() {
    String address = Values.one(random, Values.IPV4);
    return switch (random.nextInt(5)) {
      case 0 -> address + "/" + random.nextInt(33);
      case 1 -> address + "/255.0.0.255";
      case 2 -> address + "/0.255.255.0";
      default -> address;
    };
  }

  private String ipv6() {
    String address = Values.one(random, Values.IPV6);
    return switch (random.nextInt(5)) {
      case 0 -> address + "/" + random.nextInt(129);
      case 1 -> address + "/ffff::ff";
      case 2 -> address + "/::ffff:0:0:0:0:ffff";
      default -> address;
    };
  }

  String port() {
    return ports.get(random.nextInt(ports.size()));
  }

  private boolean chance(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  /** Actions that only choose ports. */
  String outputs() {
    int count = random.nextInt(5);
    List<String> actions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      actions.add(output());
    }
    return actions.isEmpty() ? "drop" : String.join(",", actions);
  }

  private String output() {
    return switch (random.nextInt(10)) {
      case 0 -> "in_port";
      case 1 -> "flood";
      case 2 -> "normal";
      case 3 -> port();
      default -> "output:" + port();
    };
  }

  /**
   * Actions that change frames and send them on, such as suit the match.
   *
   * @param push whether tags are pushed, which OpenFlow 1.0 has not; where they are, OVS wants to
   *     know that there is a tag before it is stripped or changed
   */
  String changes(String match, boolean push) {
    List<String> actions = new ArrayList<>();
    int count = 1 + random.nextInt(5);
    int pushes = 0;
    int tags = 0;
    for (int i = 0; i < count; i++) {
      String change = change(match);
      // OpenFlow 1.0 has no masks there, and ovs-ofctl drops them without a word.
      boolean lost = !push && change.startsWith("set_field") && change.contains("/");
      // In later versions ovs-ofctl makes of mod_vlan_ a push and a set where it sees no tag.
      boolean blind = push && change.startsWith("mod_vlan") && tags == 0;
      if (lost || blind) {
        continue;
      }
      boolean pushes1 = change.startsWith("push_vlan");
      boolean strips = change.startsWith("strip_vlan");
      if ((pushes1 && (!push || pushes++ > 0)) || (strips && push && tags == 0)) {
        continue;
      }
      tags += pushes1 ? 1 : strips ? -1 : 0;
      actions.add(change);
      if (chance(3)) {
        actions.add(sent());
      }
    }
    if (!chance(8)) {
      actions.add(sent());
    }
    return actions.isEmpty() ? "drop" : String.join(",", actions);
  }

  private String sent() {
    return switch (random.nextInt(8)) {
      case 0 -> "in_port";
      case 1 -> "flood";
      default -> "output:" + port();
    };
  }

  private String change(String match) {
    String kind = match.isEmpty() ? "" : match.split("[, ]", 2)[0];
    boolean v4 = List.of("ip", "tcp", "udp", "icmp", "sctp").contains(kind);
    boolean v6 = List.of("ipv6", "tcp6", "udp6", "icmp6", "sctp6").contains(kind);
    boolean ports = kind.startsWith("tcp") || kind.startsWith("udp") || kind.startsWith("sctp");
    boolean upper = !chance(3) && !match.contains("nw_frag=later");
    if (ports && upper) {
      return transportChange(kind);
    }
    if (match.contains("icmp_type=13") && v6 && upper) {
      return neighbourChange(match.contains("icmp_type=135"));
    }
    if (kind.startsWith("icmp") && upper) {
      String six = v6 ? "v6" : "";
      return "set_field:" + random.nextInt(256) + "->icmp" + six + (chance(2) ? "_type" : "_code");
    }
    if ((v4 || v6) && !chance(4)) {
      return networkChange(v4);
    }
    if (kind.equals("arp") && !chance(3)) {
      return arpChange();
    }
    return linkChange();
  }

  private String transportChange(String kind) {
    String protocol = kind.replace("6", "");
    String side = chance(2) ? "src" : "dst";
    int port = Values.one(random, Values.TRANSPORT_PORTS);
    return switch (random.nextInt(4)) {
      case 0 -> "set_field:" + port + "->" + protocol + "_" + side;
      case 1 -> "set_field:0x%x/0x%x->%s_%s".formatted(port & 0xff0, 0xff0, protocol, side);
      case 2 ->
          protocol.equals("sctp")
              ? "mod_tp_" + side + ":" + port
              : "load:0x%x->NXM_OF_%s_%s[4..9]"
                  .formatted(
                      port & 0x3f,
                      protocol.toUpperCase(java.util.Locale.ROOT),
                      side.toUpperCase(java.util.Locale.ROOT));
      default -> "mod_tp_" + side + ":" + port;
    };
  }

  private String networkChange(boolean v4) {
    boolean source = chance(2);
    if (!v4 && chance(4)) {
      int label = Values.one(random, Values.LABELS);
      return chance(2)
          ? "set_field:0x%x->ipv6_label".formatted(label)
          : "load:0x%x->NXM_NX_IPV6_LABEL[4..11]".formatted(label >>> 4 & 0xff);
    }
    return switch (random.nextInt(8)) {
      case 0 -> "mod_nw_tos:" + Values.one(random, Values.TOS);
      case 1 -> "mod_nw_ecn:" + random.nextInt(4);
      case 2 -> "mod_nw_ttl:" + (1 + random.nextInt(255));
      case 3 -> "dec_ttl";
      case 4 ->
          v4
              ? "set_field:10.9.0.0/255.255.0.0->ip_" + (source ? "src" : "dst")
              : "set_field:2001:db9::/ffff:ffff::->ipv6_" + (source ? "src" : "dst");
      case 5 ->
          v4
              ? "load:0x%x->NXM_OF_IP_%s[0..15]"
                  .formatted(random.nextInt(65536), source ? "SRC" : "DST")
              : "load:0x%x->NXM_NX_IPV6_%s[56..71]"
                  .formatted(random.nextInt(65536), source ? "SRC" : "DST");
      default ->
          v4
              ? "mod_nw_" + (source ? "src:" : "dst:") + Values.one(random, Values.IPV4)
              : "set_field:"
                  + Values.one(random, Values.IPV6)
                  + "->ipv6_"
                  + (source ? "src" : "dst");
    };
  }

  private String neighbourChange(boolean solicitation) {
    String option = solicitation ? "sll" : "tll";
    return switch (random.nextInt(20)) {
      case 0, 5, 6, 7 -> "set_field:" + Values.one(random, Values.IPV6) + "->nd_target";
      case 1 -> "set_field:2001:db9::/ffff:ffff::->nd_target";
      case 2, 8, 9, 10, 11 -> "set_field:" + Values.one(random, Values.MACS) + "->nd_" + option;
      case 3, 12, 13 ->
          "load:0x%x->NXM_NX_ND_%s[8..23]"
              .formatted(random.nextInt(65536), option.toUpperCase(java.util.Locale.ROOT));
      case 4 -> "set_field:" + (1 + random.nextInt(2)) + "->nd_options_type";
      default ->
          "set_field:" + (Values.one(random, Values.ND_RESERVED) & 0xffff_ffffL) + "->nd_reserved";
    };
  }

  private String arpChange() {
    return switch (random.nextInt(5)) {
      case 0 -> "set_field:" + (1 + random.nextInt(9)) + "->arp_op";
      case 1 -> "set_field:" + Values.one(random, Values.IPV4) + "->arp_spa";
      case 2 -> "set_field:" + Values.one(random, Values.IPV4) + "->arp_tpa";
      case 3 -> "set_field:" + Values.one(random, Values.MACS) + "->arp_sha";
      default -> "set_field:" + Values.one(random, Values.MACS) + "->arp_tha";
    };
  }

  private String linkChange() {
    return switch (random.nextInt(9)) {
      case 0 -> "mod_vlan_vid:" + Values.one(random, Values.VLANS);
      case 1 -> "mod_vlan_pcp:" + random.nextInt(8);
      case 2 -> "strip_vlan";
      case 3 -> "push_vlan:0x" + (chance(3) ? "88a8" : "8100");
      case 4 -> "mod_dl_src:" + Values.one(random, Values.MACS);
      case 5 -> "set_field:02:00:00:00:00:00/ff:ff:00:00:00:00->eth_dst";
      case 6 -> "load:0x%x->NXM_OF_ETH_SRC[8..23]".formatted(random.nextInt(65536));
      default -> "mod_dl_dst:" + Values.one(random, Values.MACS);
    };
  }
}
