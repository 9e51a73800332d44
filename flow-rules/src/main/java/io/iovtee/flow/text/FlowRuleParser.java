// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowRule;
import java.util.List;

/** Reads rules as {@code ovs-ofctl} writes them. No state, any thread. */
public final class FlowRuleParser {
  static final int QUOTE_LENGTH_MAX = 80;

  private FlowRuleParser() {}

  /**
   * Reads one rule.
   *
   * @throws FlowSyntaxException if it is not a rule
   */
  public static FlowRule parseRule(String text) {
    throw new UnsupportedOperationException("being written");
  }

  /**
   * Reads rules, one a line; blank lines and what follows a # are left out.
   *
   * @throws FlowSyntaxException at the first line that is not a rule
   */
  public static List<FlowRule> parseRules(String text) {
    throw new UnsupportedOperationException("being written");
  }
}
