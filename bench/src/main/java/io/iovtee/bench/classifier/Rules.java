// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import java.util.ArrayList;
import java.util.List;

/**
 * Rules of four masks in turn, and keys that meet them: an address and a UDP port, an address, a
 * network of 16 addresses, a MAC address. Each mask has a priority of its own.
 */
final class Rules {
  static final int MASKS = 4;

  private static final List<Action> ACTIONS = List.of(Action.output("nf1"));
  private static final int TYPE_IPV4 = 0x0800;
  private static final int UDP = 17;
  private static final int PRIORITY_STEP = 100;

  private Rules() {}

  static List<FlowRule> make(int count) {
    List<FlowRule> rules = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      rules.add(rule(i));
    }
    return rules;
  }

  /** The rule that frames of the flows {@code i}, {@code i + count}, ... meet. */
  static FlowRule rule(int i) {
    Match.Builder match = Match.builder();
    switch (i % MASKS) {
      case 0 ->
          match
              .with(MatchField.DL_TYPE, TYPE_IPV4)
              .with(MatchField.NW_PROTO, UDP)
              .with(MatchField.NW_DST, address(i))
              .with(MatchField.TP_DST, port(i));
      case 1 -> match.with(MatchField.DL_TYPE, TYPE_IPV4).with(MatchField.NW_DST, address(i));
      case 2 ->
          match
              .with(MatchField.DL_TYPE, TYPE_IPV4)
              .with(MatchField.NW_DST, address(i) & ~0xfL, 0xffff_fff0L);
      default -> match.with(MatchField.DL_DST, mac(i));
    }
    int priority = PRIORITY_STEP * (MASKS - i % MASKS);
    return new FlowRule(priority, 0, match.build(), ACTIONS);
  }

  private static long address(int i) {
    return 0x0a00_0000L + ((long) i << 4);
  }

  private static long port(int i) {
    return 1L + i % 60_000;
  }

  private static long mac(int i) {
    return 0x0200_0000_0000L + i;
  }

  /**
   * Writes the key of a flow's frames: it meets the rule {@code flow % ruleCount}.
   *
   * @param keys gets {@link io.iovtee.flow.classifier.FlowKey#WORDS} longs from {@code offset} on
   */
  static void layKey(int flow, int ruleCount, long[] keys, int offset) {
    int rule = flow % ruleCount;
    boolean byMac = rule % MASKS == MASKS - 1;
    long destination = byMac ? 0x0900_0000L + rule : address(rule);
    lay(MatchField.DL_TYPE, TYPE_IPV4, keys, offset);
    lay(MatchField.NW_PROTO, UDP, keys, offset);
    lay(MatchField.DL_DST, mac(rule), keys, offset);
    lay(MatchField.NW_DST, destination, keys, offset);
    lay(MatchField.NW_SRC, 0xc0a8_0000L + flow, keys, offset);
    lay(MatchField.TP_DST, port(rule), keys, offset);
    lay(MatchField.TP_SRC, 1024 + (flow & 0x7fff), keys, offset);
  }

  private static void lay(MatchField field, long value, long[] keys, int offset) {
    int at = offset + field.word();
    keys[at] = (keys[at] & ~(field.exactMask() << field.shift())) | value << field.shift();
  }
}
