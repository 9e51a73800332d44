// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The actions of a bucket. OpenFlow calls them a set: they are carried out in an order of their own
 * (OpenFlow 1.3, section 5.10; OVS's {@code ofpacts_execute_action_set}), whatever order they are
 * written in, and the frame leaves once, in the end. What a set can not hold is refused; OVS takes
 * it and leaves some of it out.
 */
public final class ActionSet {
  private static final int METER = 0;
  private static final int POP = 1;
  private static final int PUSH = 2;
  private static final int TTL = 3;
  private static final int SET = 4;
  private static final int LEAVE = 5;
  private static final String[] NAMES = {
    "meter", "strip_vlan", "push_vlan", "dec_ttl", "", "output, group or the like"
  };

  private ActionSet() {}

  /**
   * @throws IllegalArgumentException if there are none, or too many, or some that a set holds once
   */
  static void check(List<Action> actions) {
    if (actions.isEmpty()) {
      throw new IllegalArgumentException("a bucket needs an action; to discard frames use drop");
    }
    if (actions.size() > FlowRule.ACTIONS_MAX) {
      throw new IllegalArgumentException(
          "a bucket may have at most %d actions: actions=%d"
              .formatted(FlowRule.ACTIONS_MAX, actions.size()));
    }
    if (actions.size() > 1 && actions.contains(Action.DROP)) {
      throw new IllegalArgumentException("drop must be the only action: actions=" + actions);
    }
    FlowRule.checkMeter(actions);
    int seen = 0;
    for (Action action : actions) {
      if (action instanceof Action.GotoTable) {
        throw new IllegalArgumentException("goto_table has no place in a bucket; use resubmit(,N)");
      }
      if (action instanceof Action.Punt) {
        throw new IllegalArgumentException("punt has no place in a bucket; use resubmit(,N)");
      }
      int rank = rank(action);
      if (rank != SET && (seen & 1 << rank) != 0) {
        throw new IllegalArgumentException(
            "the actions of a bucket are a set, which has %s once; for several outputs use several"
                    .formatted(NAMES[rank])
                + " buckets of a group of type all, or resubmit(,N)");
      }
      seen |= 1 << rank;
    }
  }

  /** The actions in the order in which they are carried out. */
  public static List<Action> ordered(List<Action> actions) {
    List<Action> ordered = new ArrayList<>(actions);
    ordered.sort(Comparator.comparingInt(ActionSet::rank)); // a stable sort: SET keeps its order
    return ordered;
  }

  private static int rank(Action action) {
    return switch (action) {
      case Action.Meter _ -> METER;
      case Action.PopVlan _ -> POP;
      case Action.PushVlan _ -> PUSH;
      case Action.DecTtl _ -> TTL;
      case Action.SetField _, Action.Move _, Action.Mirror _, Action.Punt _ -> SET;
      case Action.Output _, Action.Drop _, Action.Normal _, Action.Flood _ -> LEAVE;
      case Action.InPort _, Action.Resubmit _, Action.GotoTable _, Action.Group _ -> LEAVE;
    };
  }
}
