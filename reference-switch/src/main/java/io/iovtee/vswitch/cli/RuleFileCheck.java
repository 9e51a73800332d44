// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.text.FlowRuleFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is right in a list of rules and probably not meant. */
final class RuleFileCheck {
  private RuleFileCheck() {}

  private record Name(int priority, Match match) {}

  /** One sentence each, with the number of the rule, from 1. */
  static List<String> notices(TableContent file) {
    List<FlowRule> rules = file.rules();
    List<String> notices = new ArrayList<>();
    Map<Name, Integer> seen = new HashMap<>();
    Map<Integer, Integer> catchAllPriorities = new HashMap<>(); // by table
    for (int i = 0; i < rules.size(); i++) {
      FlowRule rule = rules.get(i);
      Integer earlier = seen.put(new Name(rule.priority(), rule.match()), i);
      if (earlier != null) {
        notices.add(
            "rule %d takes the place of rule %d, which has its match and priority: %s"
                .formatted(i + 1, earlier + 1, FlowRuleFormatter.format(rule)));
      }
      for (Action action : rule.actions()) {
        if (isInVain(action, rule.match())) {
          notices.add(
              "rule %d does %s, a field that no frame with nw_proto=%s has: %s"
                  .formatted(
                      i + 1,
                      FlowRuleFormatter.format(action),
                      nwProto(rule.match()),
                      FlowRuleFormatter.format(rule)));
        }
        if (!file.groupsOrNone().has(action)) {
          notices.add(
              "rule %d names %s, which is not in this file: %s"
                  .formatted(
                      i + 1, FlowRuleFormatter.format(action), FlowRuleFormatter.format(rule)));
        }
      }
      if (rule.match().isAny()) {
        catchAllPriorities.merge(rule.match().table(), rule.priority(), Math::max);
      }
      String inPort = rule.match().inPort();
      if (inPort != null && rule.actions().equals(List.of(Action.output(inPort)))) {
        notices.add(
            "rule %d sends frames only to the port that they come from, which drops them; write"
                    .formatted(i + 1)
                + " in_port: "
                + FlowRuleFormatter.format(rule));
      }
    }
    for (int i = 0; i < rules.size(); i++) {
      int catchAllPriority = catchAllPriorities.getOrDefault(rules.get(i).match().table(), -1);
      if (rules.get(i).priority() < catchAllPriority) {
        notices.add(
            "rule %d never matches: a rule for all frames has priority %d: %s"
                .formatted(i + 1, catchAllPriority, FlowRuleFormatter.format(rules.get(i))));
      }
    }
    return notices;
  }

  /** Whether it sets a field of another protocol than the match says; OVS refuses such rules. */
  private static boolean isInVain(Action action, Match match) {
    return match.has(MatchField.NW_PROTO)
        && action instanceof Action.SetField(FieldMatch field, int protocol)
        && protocol != Action.SetField.ANY_PROTOCOL
        && protocol != nwProto(match);
  }

  /** 0 where it says none. */
  private static long nwProto(Match match) {
    FieldMatch protocol = match.field(MatchField.NW_PROTO);
    return protocol == null ? 0 : protocol.value();
  }
}
