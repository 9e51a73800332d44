// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowRule;

/** Writes rules as OVS does. No state, any thread. */
public final class FlowRuleFormatter {
  private FlowRuleFormatter() {}

  /** One line that {@link FlowRuleParser} reads back as an equal rule. */
  public static String format(FlowRule rule) {
    return rule.toString();
  }
}
