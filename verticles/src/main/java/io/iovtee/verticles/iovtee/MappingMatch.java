// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowSyntaxException;

/** A mapping's match: which of the frames that come in on the NIC port belong to the guest. */
public final class MappingMatch {
  /** A match has at most as many fields as a rule; the longest rules stay below this. */
  public static final int LENGTH_MAX = 1024;

  private MappingMatch() {}

  /**
   * Reads OVS text: {@code dl_dst=02:00:00:00:00:11,dl_vlan=100}.
   *
   * @throws IllegalArgumentException if it is no match of frames; the message says why
   */
  public static Match read(String ovsText) {
    if (ovsText.length() > LENGTH_MAX) {
      throw new IllegalArgumentException(
          "match may have at most " + LENGTH_MAX + " characters: length=" + ovsText.length());
    }
    FlowRule rule;
    try {
      rule = FlowRuleParser.parseRule(ovsText.strip() + ",actions=drop");
    } catch (FlowSyntaxException e) {
      throw new IllegalArgumentException("match: " + e.getMessage(), e);
    }
    if (rule.priority() != FlowRule.PRIORITY_DEFAULT || rule.cookie() != 0) {
      throw new IllegalArgumentException("match: a match has no priority and no cookie");
    }
    Match match = rule.match();
    if (match.inPort() != null) {
      throw new IllegalArgumentException(
          "match: the mapping's queue says the port, leave it out: in_port=" + match.inPort());
    }
    if (match.table() != 0) {
      throw new IllegalArgumentException(
          "match: frames start in table 0, leave it out: table=" + match.table());
    }
    match.fields().stream()
        .map(value -> value.field())
        .filter(field -> field.isState())
        .findFirst()
        .ifPresent(field -> {
          throw new IllegalArgumentException(
              "match: no frame carries the field " + field.fieldName() + ", name others");
        });
    return match;
  }
}
