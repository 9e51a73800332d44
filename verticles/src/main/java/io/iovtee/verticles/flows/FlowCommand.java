// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import java.util.List;
import java.util.OptionalInt;

/**
 * What can be asked at {@link io.iovtee.verticles.bus.Addresses#FLOW_COMMANDS}. Each is answered
 * with a {@link FlowsView}. {@code expectedVersion} is the version that the caller saw, or {@link
 * #ANY_VERSION}.
 */
public sealed interface FlowCommand {
  /** The caller does not care what the table was. */
  long ANY_VERSION = -1;

  /** All rules. */
  record ListAll() implements FlowCommand {}

  /** Adds rules; one with the match and priority of another takes its place, as in OVS. */
  record Add(List<FlowRule> rules, long expectedVersion) implements FlowCommand {}

  /** Deletes the rule with this id. */
  record DeleteById(long id, long expectedVersion) implements FlowCommand {}

  /**
   * Deletes the rules with this match, of one priority or of any.
   *
   * @param loose also those whose match is narrower, as OpenFlow's non-strict deletion
   */
  record DeleteMatching(Match match, OptionalInt priority, boolean loose, long expectedVersion)
      implements FlowCommand {}

  /** Makes the table equal to the list. */
  record Replace(List<FlowRule> rules, long expectedVersion) implements FlowCommand {}
}
