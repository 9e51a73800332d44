// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;

/**
 * A frame that a rule handed over.
 *
 * @param timeMs milliseconds since 1970, known to some ten
 * @param inPort the port that it came from
 * @param rule what handed it over, as it was then
 * @param length bytes of the frame
 * @param bytes its first bytes, or all; nobody writes to them
 */
public record PuntedFrame(long timeMs, String inPort, FlowRule rule, int length, byte[] bytes) {

  /** {@code no_match} for the rule for what no other rule takes, else {@code action} (OpenFlow). */
  public String reason() {
    boolean isTableMiss =
        rule.priority() == 0 && rule.match().equals(Match.builder().table(rule.table()).build());
    return isTableMiss ? "no_match" : "action";
  }
}
