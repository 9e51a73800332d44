// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.HeaderParser;
import java.util.SplittableRandom;

/** Random matches, each made from the key of a frame so that it matches that frame or nearly so. */
final class FilterMatches {
  private static final MatchField[] LINK = {MatchField.DL_SRC, MatchField.DL_DST};
  private static final MatchField[] IP = {
    MatchField.NW_TOS, MatchField.NW_ECN, MatchField.NW_TTL, MatchField.NW_FRAG
  };
  private static final MatchField[] ARP = {
    MatchField.ARP_OP,
    MatchField.ARP_SPA,
    MatchField.ARP_TPA,
    MatchField.ARP_SHA,
    MatchField.ARP_THA
  };

  private final SplittableRandom random;

  FilterMatches(SplittableRandom random) {
    this.random = random;
  }

  /** The key of a frame as the switch makes it. */
  static long[] key(byte[] frame) {
    long[] key = new long[FlowKey.WORDS];
    int captured = Math.min(frame.length, HeaderParser.CAPTURE_LENGTH_MAX);
    HeaderParser.parse(frame, 0, captured, frame.length, 0, key, 0);
    return key;
  }

  /** Whether a rule with this match would apply to the key. */
  static boolean holds(Match match, long[] key) {
    for (int word = 0; word < MatchField.WORD_COUNT; word++) {
      if ((key[word] & match.mask(word)) != match.value(word)) {
        return false;
      }
    }
    return true;
  }

  /** A match that can be built; perhaps one that the program refuses. */
  Match near(byte[] frame) {
    long[] key = key(frame);
    while (true) {
      try {
        Match match = build(key);
        if (!match.isAny()) {
          return match;
        }
      } catch (IllegalArgumentException e) {
        // A combination that no frame can have.
      }
    }
  }

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  private Match build(long[] key) {
    Match.Builder match = Match.builder();
    for (MatchField field : LINK) {
      maybe(match, field, key);
    }
    tag(match, key);
    if (oneIn(4)) {
      return match.build();
    }
    int type = FlowKey.dlType(key, 0);
    match.with(MatchField.DL_TYPE, type);
    if (type == 0x0806 || type == 0x8035) {
      for (MatchField field : ARP) {
        maybe(match, field, key);
      }
    }
    if (type == 0x0800) {
      maybe(match, MatchField.NW_SRC, key);
      maybe(match, MatchField.NW_DST, key);
    }
    if (type == 0x86dd) {
      maybe(match, MatchField.IPV6_SRC, key);
      maybe(match, MatchField.IPV6_DST, key);
    }
    if (type == 0x0800 || type == 0x86dd) {
      ip(match, key);
    }
    return match.build();
  }

  private void tag(Match.Builder match, long[] key) {
    int tci = FlowKey.vlanTci(key, 0);
    switch (random.nextInt(8)) {
      case 0 -> match.untagged();
      case 1 -> match.with(MatchField.DL_VLAN, tci & 0xfff);
      case 2 -> match.with(MatchField.DL_VLAN_PCP, tci >>> 13);
      case 3 -> {
        int mask = random.nextInt(0x10000);
        match.with(MatchField.VLAN_TCI, tci & mask, mask);
      }
      default -> {}
    }
  }

  private void ip(Match.Builder match, long[] key) {
    for (MatchField field : IP) {
      if (oneIn(5)) {
        add(match, field, key);
      }
    }
    if (oneIn(3)) {
      return;
    }
    match.with(MatchField.NW_PROTO, FlowKey.get(MatchField.NW_PROTO, key, 0));
    MatchField[] above = {
      MatchField.TP_SRC,
      MatchField.TP_DST,
      MatchField.TCP_FLAGS,
      MatchField.ICMP_TYPE,
      MatchField.ICMP_CODE
    };
    for (MatchField field : above) {
      if (match.allows(field)) {
        maybe(match, field, key);
      }
    }
  }

  private void maybe(Match.Builder match, MatchField field, long[] key) {
    if (oneIn(3)) {
      add(match, field, key);
    }
  }

  private void add(Match.Builder match, MatchField field, long[] key) {
    long value = FlowKey.get(field, key, 0);
    long mask = field.exactMask();
    long high = field.isWide() ? key[field.word()] : 0;
    long highMask = field.isWide() ? -1L : 0;
    if (field.isMaskable() && oneIn(2)) {
      mask &= oneIn(2) ? random.nextLong() : -1L << random.nextInt(Math.min(64, field.width()));
      highMask &= oneIn(2) ? -1L : random.nextLong();
    }
    if (oneIn(8)) {
      value ^= 1L << random.nextInt(Math.min(64, field.width()));
    }
    match.with(new FieldMatch(field, high & highMask, value & mask, highMask, mask));
  }
}
