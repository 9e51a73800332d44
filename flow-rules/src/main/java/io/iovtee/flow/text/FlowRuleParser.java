// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowRule;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads rules in the text form of OVS (ovs-ofctl(8), "Flow Syntax"), as far as this switch can
 * carry them out; docs/FLOWS.md describes it. What OVS has and this switch has not is refused by
 * name. No state, any thread.
 */
public final class FlowRuleParser {
  private FlowRuleParser() {}

  /**
   * Reads one rule; blank lines and comments may stand around it.
   *
   * @throws FlowSyntaxException if it is not a rule, or not one rule
   */
  public static FlowRule parseRule(String text) {
    FlowRule rule = null;
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      Line line = new Line(lines.get(i), i + 1);
      if (line.isBlank()) {
        continue;
      }
      if (rule != null) {
        throw line.error(1, lines.get(i), "one rule was expected, this is another");
      }
      rule = new RuleReader(line).read();
    }
    if (rule == null) {
      throw new Line("", 1).error(1, "nothing", "a rule was expected, for example actions=drop");
    }
    return rule;
  }

  /**
   * Reads rules, one a line; blank lines, and what follows a #, are left out.
   *
   * @return the rules in the order of the lines
   * @throws FlowSyntaxException at the first line that is not a rule
   */
  public static List<FlowRule> parseRules(String text) {
    List<FlowRule> rules = new ArrayList<>();
    int number = 1;
    for (String content : (Iterable<String>) text.lines()::iterator) {
      Line line = new Line(content, number++);
      if (!line.isBlank()) {
        rules.add(new RuleReader(line).read());
      }
    }
    return rules;
  }
}
