// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import java.util.List;

/**
 * Reads rules in the text form of OVS (ovs-ofctl(8), "Flow Syntax"), as far as this switch can
 * carry them out; docs/FLOWS.md describes it. What OVS has and this switch has not is refused by
 * name. No state, any thread.
 */
public final class FlowRuleParser {
  private static final String EXAMPLE = "actions=drop";

  private FlowRuleParser() {}

  /**
   * Reads one rule; blank lines and comments may stand around it.
   *
   * @throws FlowSyntaxException if it is not a rule, or not one rule, as with a range of ports
   */
  public static FlowRule parseRule(String text) {
    return SingleLine.read(text, "one rule", EXAMPLE, line -> new RuleReader(line).read());
  }

  /**
   * Reads a match alone, as it stands for a frame.
   *
   * @throws FlowSyntaxException if it is none, or says what only a rule has
   */
  public static Match parseFrame(String text) {
    RuleReader reader =
        new RuleReader(Line.withoutActions(text, 1, "a frame has no actions; the rules have"));
    Match match = reader.read().match();
    for (String word : RuleReader.OF_RULES_ALONE) {
      if (reader.names(word)) {
        throw new Line(text, 1).error(text.indexOf(word) + 1, word, "a frame has none, a rule has");
      }
    }
    return match;
  }

  /**
   * Reads what one line says; blank lines and comments may stand around it.
   *
   * @return one rule, or with a range of ports several
   * @throws FlowSyntaxException if it is not a rule, or more than one line
   */
  public static List<FlowRule> parseLine(String text) {
    return SingleLine.read(text, "one rule", EXAMPLE, line -> new RuleReader(line).readAll());
  }

  /**
   * Reads rules, one a line, or with a range of ports several; blank lines, and what follows a #,
   * are left out.
   *
   * @return the rules in the order of the lines
   * @throws FlowSyntaxException at the first line that is not a rule
   */
  public static List<FlowRule> parseRules(String text) {
    return parseRules(text, 1);
  }

  /**
   * As above, for a piece of a text.
   *
   * @param firstLine number of the piece's first line, from 1, for errors
   */
  public static List<FlowRule> parseRules(String text, int firstLine) {
    KnownActions known = new KnownActions();
    return SingleLine.readAll(text, firstLine, line -> new RuleReader(line, known).readAll());
  }
}
