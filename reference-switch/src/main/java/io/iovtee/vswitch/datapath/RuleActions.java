// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The actions of all rules as numbers, by the rules' indexes, in pages that never move; all loops
 * share them.
 *
 * <p>The control thread writes. A row is written before any loop can find the rule, and again only
 * when none can find it any more, so whoever has a {@link View} reads rows without further care.
 */
public final class RuleActions {
  private static final int PAGE_SHIFT = 10;
  private static final int PAGE_SIZE = 1 << PAGE_SHIFT;

  private static final int[] NO_TARGETS = {};

  private View view = new View(new int[0][], new int[0][][], new RewriteRule[0][]);

  /**
   * What loops read: pages by number.
   *
   * @param single per rule: the one target, or DROP, SEVERAL, REWRITE
   * @param targets per rule without a single port: all targets, in the order of the actions
   * @param rewrites per rule whose single target is REWRITE: what it does; null for all others
   */
  record View(int[][] single, int[][][] targets, @Nullable RewriteRule[][] rewrites) {
    int single(int rule) {
      return single[rule >>> PAGE_SHIFT][rule & (PAGE_SIZE - 1)];
    }

    int[] targets(int rule) {
      return targets[rule >>> PAGE_SHIFT][rule & (PAGE_SIZE - 1)];
    }

    @Nullable RewriteRule rewrite(int rule) {
      return rewrites[rule >>> PAGE_SHIFT][rule & (PAGE_SIZE - 1)];
    }

    /** Above all indexes that have a row. */
    int limit() {
      return single.length << PAGE_SHIFT;
    }
  }

  View view() {
    return view;
  }

  /** Writes the row of a rule that no loop can find. Control thread. */
  public void put(int index, FlowRule rule, ActionNumbers numbers) {
    grow(index);
    int[] targets = targets(rule.actions(), numbers.port());
    boolean rewrites = RewriteRule.isNeededFor(rule);
    int single =
        rewrites
            ? FlowProgram.REWRITE
            : switch (targets.length) {
              case 0 -> FlowProgram.DROP;
              case 1 -> targets[0];
              default -> FlowProgram.SEVERAL;
            };
    int page = index >>> PAGE_SHIFT;
    int row = index & (PAGE_SIZE - 1);
    view.single[page][row] = single;
    view.targets[page][row] = single > 0 ? NO_TARGETS : targets;
    view.rewrites[page][row] = rewrites ? RewriteRule.of(rule, numbers) : null;
  }

  private void grow(int index) {
    int pages = view.single.length;
    if (index >>> PAGE_SHIFT < pages) {
      return;
    }
    int more = (index >>> PAGE_SHIFT) + 1; // one at a time: pages are longer than the array of them
    int[][] single = Arrays.copyOf(view.single, more);
    int[][][] targets = Arrays.copyOf(view.targets, more);
    RewriteRule[][] rewrites = Arrays.copyOf(view.rewrites, more);
    for (int page = pages; page < more; page++) {
      single[page] = new int[PAGE_SIZE];
      targets[page] = new int[PAGE_SIZE][];
      rewrites[page] = new RewriteRule[PAGE_SIZE];
    }
    view = new View(single, targets, rewrites);
  }

  private static int[] targets(List<Action> actions, ToIntFunction<String> portNumber) {
    int[] targets = new int[actions.size()];
    int count = 0;
    for (Action action : actions) {
      switch (action) {
        case Action.Output output -> targets[count++] = portNumber.applyAsInt(output.port());
        case Action.Normal _ -> targets[count++] = FlowProgram.NORMAL;
        case Action.Flood _ -> targets[count++] = FlowProgram.FLOOD;
        case Action.InPort _ -> targets[count++] = FlowProgram.IN_PORT;
        case Action.Drop _, Action.SetField _, Action.PushVlan _, Action.PopVlan _ -> {}
        case Action.DecTtl _, Action.Move _, Action.Resubmit _, Action.GotoTable _ -> {}
        case Action.Mirror _, Action.Punt _ -> {}
        case Action.Group _, Action.Meter _ -> {}
      }
    }
    return Arrays.copyOf(targets, count);
  }
}
