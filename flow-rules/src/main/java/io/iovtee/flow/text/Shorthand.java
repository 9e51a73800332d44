// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The words that stand for an Ethertype, some also for an IP protocol. Source: ovs-fields(7),
 * "Shorthands", and the spellings that ovs-ofctl takes besides.
 */
enum Shorthand {
  ICMP("icmp", 0x0800, 1),
  TCP("tcp", 0x0800, 6),
  UDP("udp", 0x0800, 17),
  SCTP("sctp", 0x0800, 132),
  ICMP6("icmp6", 0x86dd, 58),
  TCP6("tcp6", 0x86dd, 6),
  UDP6("udp6", 0x86dd, 17),
  SCTP6("sctp6", 0x86dd, 132),
  IP("ip", 0x0800, Shorthand.ANY_PROTOCOL, "ip4", "ipv4"),
  IPV6("ipv6", 0x86dd, Shorthand.ANY_PROTOCOL, "ip6"),
  ARP("arp", 0x0806, Shorthand.ANY_PROTOCOL),
  RARP("rarp", 0x8035, Shorthand.ANY_PROTOCOL),
  MPLS("mpls", 0x8847, Shorthand.ANY_PROTOCOL),
  MPLSM("mplsm", 0x8848, Shorthand.ANY_PROTOCOL);

  static final int ANY_PROTOCOL = -1;

  /** Not to be written: values() makes a copy each time. */
  private static final Shorthand[] ALL = values();

  private static final Map<String, Shorthand> BY_WORD = new HashMap<>();

  static {
    for (Shorthand shorthand : values()) {
      BY_WORD.put(shorthand.word, shorthand);
      shorthand.spellings.forEach(spelling -> BY_WORD.put(spelling, shorthand));
    }
  }

  private final String word;
  private final int type;
  private final int protocol;
  private final List<String> spellings;

  Shorthand(String word, int type, int protocol, String... spellings) {
    this.word = word;
    this.type = type;
    this.protocol = protocol;
    this.spellings = List.of(spellings);
  }

  static @Nullable Shorthand byWord(String word) {
    return BY_WORD.get(word);
  }

  /** The word that says most about the match; null if none fits. */
  static @Nullable Shorthand of(Match match) {
    for (Shorthand shorthand : ALL) {
      if (isExactly(match, MatchField.DL_TYPE, shorthand.type)
          && (shorthand.protocol == ANY_PROTOCOL
              || isExactly(match, MatchField.NW_PROTO, shorthand.protocol))) {
        return shorthand;
      }
    }
    return null;
  }

  private static boolean isExactly(Match match, MatchField field, int value) {
    return field.extract(match.mask(field.word())) == field.exactMask()
        && field.extract(match.value(field.word())) == value;
  }

  String word() {
    return word;
  }

  int type() {
    return type;
  }

  /** IP protocol, or {@link #ANY_PROTOCOL}. */
  int protocol() {
    return protocol;
  }
}
