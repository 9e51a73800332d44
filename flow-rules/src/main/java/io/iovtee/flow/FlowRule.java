// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.List;

/**
 * One rule of the flow table: which frames, and what to do with them.
 *
 * @param priority 0..65535; of the rules that match a frame the one with the highest priority wins
 * @param cookie 64 bits that the rule's owner chose; unsigned
 * @param match which frames
 * @param actions carried out in order; never empty, and {@link Action.Drop} stands alone
 * @param idleTimeoutS seconds without a frame after which the rule goes; 0 for never
 * @param hardTimeoutS seconds after which the rule goes in any case; 0 for never
 */
public record FlowRule(
    int priority,
    long cookie,
    Match match,
    List<Action> actions,
    int idleTimeoutS,
    int hardTimeoutS) {
  /** The priority of a rule that names none (ovs-ofctl(8), "Flow Syntax"). */
  public static final int PRIORITY_DEFAULT = 32768;

  /** OpenFlow's priority is a 16-bit number. */
  public static final int PRIORITY_MAX = 65535;

  /** OpenFlow's timeouts are 16-bit numbers. */
  public static final int TIMEOUT_MAX_S = 65535;

  /** Each output is one more copy of the frame: a bound on what one frame can cost. */
  public static final int ACTIONS_MAX = 64;

  /**
   * @throws IllegalArgumentException if the priority is out of range, or the actions are none, too
   *     many, {@code drop} together with others, or not for this table or match
   */
  public FlowRule {
    if (priority < 0 || priority > PRIORITY_MAX) {
      throw new IllegalArgumentException(
          "priority must be 0 to " + PRIORITY_MAX + ": priority=" + priority);
    }
    if (idleTimeoutS < 0
        || idleTimeoutS > TIMEOUT_MAX_S
        || hardTimeoutS < 0
        || hardTimeoutS > TIMEOUT_MAX_S) {
      throw new IllegalArgumentException(
          "timeouts must be 0 to %d seconds: idle_timeout=%d, hard_timeout=%d"
              .formatted(TIMEOUT_MAX_S, idleTimeoutS, hardTimeoutS));
    }
    actions = List.copyOf(actions);
    if (actions.isEmpty()) {
      throw new IllegalArgumentException("a rule needs an action; to discard frames use drop");
    }
    if (actions.size() > ACTIONS_MAX) {
      throw new IllegalArgumentException(
          "a rule may have at most " + ACTIONS_MAX + " actions: actions=" + actions.size());
    }
    if (actions.size() > 1 && actions.contains(Action.DROP)) {
      throw new IllegalArgumentException("drop must be the only action: actions=" + actions);
    }
    checkMeter(actions);
    checkTables(match, actions);
    int pushes = 0;
    for (Action action : actions) {
      pushes += action instanceof Action.PushVlan ? 1 : 0;
    }
    if (pushes > Action.PushVlan.MAX) {
      throw new IllegalArgumentException(
          "a rule may push at most " + Action.PushVlan.MAX + " VLAN tags: push_vlan=" + pushes);
    }
  }

  /** A rule that stays until it is deleted. */
  public FlowRule(int priority, long cookie, Match match, List<Action> actions) {
    this(priority, cookie, match, actions, 0, 0);
  }

  /** Whether it goes by itself some time. */
  public boolean expires() {
    return idleTimeoutS != 0 || hardTimeoutS != 0;
  }

  /** The same rule with other actions. */
  public FlowRule withActions(List<Action> others) {
    return new FlowRule(priority, cookie, match, others, idleTimeoutS, hardTimeoutS);
  }

  /** As in OVS: what a rule does before its meter would be an instruction before it. */
  static void checkMeter(List<Action> actions) {
    for (int i = 1; i < actions.size(); i++) {
      if (actions.get(i) instanceof Action.Meter(long meter)) {
        throw new IllegalArgumentException(
            "meter must be the first action, and the only one: meter:" + meter);
      }
    }
  }

  /** As in OpenFlow a frame goes forward only with goto_table; with resubmit anywhere. */
  private static void checkTables(Match match, List<Action> actions) {
    for (int i = 0; i < actions.size(); i++) {
      Action action = actions.get(i);
      if (action instanceof Action.GotoTable(int table)) {
        if (table <= match.table()) {
          throw new IllegalArgumentException(
              "goto_table goes to a later table only: table=%d, goto_table:%d"
                  .formatted(match.table(), table));
        }
        if (i != actions.size() - 1) {
          throw new IllegalArgumentException("goto_table must be the last action");
        }
      }
      if (action instanceof Action.Move move) {
        checkHas(match, move.from());
        checkHas(match, move.to());
      }
    }
  }

  private static void checkHas(Match match, MatchField field) {
    if (!match.allows(field)) {
      throw new IllegalArgumentException(
          "move of %s needs %s in the same rule"
              .formatted(field.fieldName(), field.prerequisite().wanted()));
    }
  }

  /** Number of the table that it stands in. */
  public int table() {
    return match.table();
  }

  /** A rule with cookie 0. */
  public static FlowRule of(int priority, Match match, Action... actions) {
    return new FlowRule(priority, 0, match, List.of(actions));
  }
}
