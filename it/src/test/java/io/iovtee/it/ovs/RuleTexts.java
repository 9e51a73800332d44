// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Rules as an operator could write them, at random: only the text, so that both read it. */
final class RuleTexts {
  private static final String[] SHORTHANDS = {
    "", "", "ip", "ip", "tcp", "tcp", "udp", "icmp", "sctp", "arp", "rarp", "ipv6", "ipv6", "tcp6",
    "udp6", "icmp6", "sctp6", "mpls"
  };
  private static final String[] TCP_FLAGS = {"+syn-ack", "+ack", "syn|ack", "0x010", "0x002/0x012"};
  private static final String[] FRAGMENTS = {"no", "yes", "first", "later", "not_later"};

  private final SplittableRandom random;
  private final List<String> ports;

  RuleTexts(SplittableRandom random, List<String> ports) {
    this.random = random;
    this.ports = ports;
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
      }
      default -> {}
    }
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
}
