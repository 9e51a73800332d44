// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.text.FlowRuleFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What must be deleted and added to make one list of rules of another; the order is no matter. */
final class RuleDifference {
  private RuleDifference() {}

  private record Name(int priority, Match match) {}

  /**
   * Lines as {@code ovs-ofctl diff-flows} prints them: {@code -} for a rule that only {@code from}
   * has, {@code +} for one that only {@code to} has; a rule with other actions or another cookie is
   * in both.
   */
  static List<String> lines(List<FlowRule> from, List<FlowRule> to) {
    Map<Name, FlowRule> old = byName(from);
    Map<Name, FlowRule> wanted = byName(to);
    List<String> lines = new ArrayList<>();
    old.forEach((name, rule) -> {
      if (!rule.equals(wanted.get(name))) {
        lines.add("-" + FlowRuleFormatter.format(rule));
      }
    });
    wanted.forEach((name, rule) -> {
      if (!rule.equals(old.get(name))) {
        lines.add("+" + FlowRuleFormatter.format(rule));
      }
    });
    return lines;
  }

  /** Of rules with the same match and priority the last one counts, as when they are added. */
  private static Map<Name, FlowRule> byName(List<FlowRule> rules) {
    Map<Name, FlowRule> named = new LinkedHashMap<>();
    rules.forEach(rule -> named.put(new Name(rule.priority(), rule.match()), rule));
    return named;
  }
}
