// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import java.util.OptionalInt;

/** One command to a rule table, as OpenFlow's FLOW_MOD (OpenFlow 1.3, section 6.4). */
public sealed interface FlowMod extends TableMod {

  /** Adds a rule; one with its match and priority takes the place of the old one, as in OVS. */
  record Add(FlowRule rule) implements FlowMod {}

  /**
   * Gives rules other actions; whatever else they have, and their counters, stay. That no rule is
   * meant is no error.
   *
   * @param like its actions are the new ones
   * @param strict only the rule with exactly this match and priority; otherwise all that have this
   *     match or a narrower one, of whatever priority
   * @param filter which of those
   */
  record Modify(FlowRule like, boolean strict, RuleFilter filter) implements FlowMod {
    /** All of those. */
    public Modify(FlowRule like, boolean strict) {
      this(like, strict, RuleFilter.ANY);
    }
  }

  /**
   * Deletes rules; that there is none is no error.
   *
   * @param priority of one priority, or of any
   * @param loose also those whose match is narrower
   * @param filter which of those
   */
  record Delete(Match match, OptionalInt priority, boolean loose, RuleFilter filter)
      implements FlowMod {
    /** All of those. */
    public Delete(Match match, OptionalInt priority, boolean loose) {
      this(match, priority, loose, RuleFilter.ANY);
    }
  }

  /** Deletes the rule with this id; that there is none is no error. */
  record DeleteId(long id) implements FlowMod {}
}
