// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.RuleDelta;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The rules that send frames of a NIC port to one guest and, but for copies, nowhere else. The
 * table is read once; after that only what changes is looked at, however many rules there are.
 *
 * <p>Told of a change that was read already, it is right again when it has been told of all that
 * came before the reading. Mapping thread.
 */
final class GuestRules {
  private final Map<Way, Map<Name, FlowRule>> rules = new HashMap<>();

  private record Way(String nicPort, String guest) {}

  /** What a rule keeps while its actions change. */
  private record Name(int priority, Match match) {}

  GuestRules(List<FlowRule> table) {
    table.forEach(this::add);
  }

  void change(List<RuleDelta> changes) {
    for (RuleDelta change : changes) {
      FlowRule before = change.before();
      if (before != null) {
        remove(before);
      }
      FlowRule after = change.after();
      if (after != null) {
        add(after);
      }
    }
  }

  private void add(FlowRule rule) {
    Way way = wayOf(rule);
    if (way != null) {
      rules.computeIfAbsent(way, any -> new LinkedHashMap<>()).put(nameOf(rule), rule);
    }
  }

  private void remove(FlowRule rule) {
    Way way = wayOf(rule);
    if (way != null) {
      rules.computeIfPresent(
          way,
          (any, named) -> {
            named.remove(nameOf(rule));
            return named.isEmpty() ? null : named;
          });
    }
  }

  private static Name nameOf(FlowRule rule) {
    return new Name(rule.priority(), rule.match());
  }

  /** Null for a rule of another kind. */
  private static @Nullable Way wayOf(FlowRule rule) {
    String nicPort = rule.match().inPort();
    if (nicPort == null || rule.table() != 0) {
      return null;
    }
    List<Action> own = rule.actions().stream().filter(action -> !RuleProof.isCopy(action)).toList();
    return own.size() == 1 && own.getFirst() instanceof Action.Output output
        ? new Way(nicPort, output.port())
        : null;
  }

  /** How many send frames of the port to the guest. */
  int count(String nicPort, String guest) {
    return rules.getOrDefault(new Way(nicPort, guest), Map.of()).size();
  }

  /** The only rule of these; null if there is none or there are several. */
  @Nullable FlowRule only(String nicPort, String guest) {
    Map<Name, FlowRule> named = rules.getOrDefault(new Way(nicPort, guest), Map.of());
    return named.size() == 1 ? named.values().iterator().next() : null;
  }
}
