// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.RuleDelta;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules that a {@link RuleProof} rests on: all frames that get in meet one of them, or a rule
 * of the guest's above it. As long as they are there, a rule of others matters only if some frame
 * that gets in could meet it before any of them. So a change is judged by itself and by these
 * rules, however many others there are. Immutable.
 */
final class ProofBasis {
  private final List<Match> lets;
  private final String guest;

  /** In the order in which they are asked. */
  private final List<FlowRule> rules;

  private final Set<Name> names = new HashSet<>();

  /** What a rule keeps while its actions change. */
  private record Name(int priority, Match match) {
    static Name of(FlowRule rule) {
      return new Name(rule.priority(), rule.match());
    }
  }

  /**
   * Notes what a proof found.
   *
   * @param lets which frames get in, for their ingress port
   * @param rules those that sent a part of it to the guest that no rule above them took
   */
  ProofBasis(List<Match> lets, String guest, List<FlowRule> rules) {
    this.lets = lets;
    this.guest = guest;
    this.rules = List.copyOf(rules);
    rules.forEach(rule -> names.add(Name.of(rule)));
  }

  /**
   * Whether what was proved is so after these changes, too. No means that it has to be looked at
   * closer.
   */
  boolean standsAfter(List<RuleDelta> changes) {
    // Rules that are added come last in their priority, unless all have another order now: then
    // every rule is among the changes.
    boolean newOnesLast = changes.stream().noneMatch(change -> restsOn(change.before()));
    for (RuleDelta change : changes) {
      FlowRule after = change.after();
      boolean isGuests = after != null && RuleProof.isForGuest(after, guest);
      if (!isGuests && restsOn(change.before())) {
        return false;
      }
      if (after != null && !isGuests) {
        boolean last = change.before() == null && newOnesLast;
        if (concerns(after) && !isHidden(after, last ? after.priority() : after.priority() + 1)) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean restsOn(@Nullable FlowRule rule) {
    return rule != null && names.contains(Name.of(rule));
  }

  private boolean concerns(FlowRule rule) {
    return lets.stream().anyMatch(rule.match()::overlaps);
  }

  /** Whether no frame that gets in is left for this rule by those of a priority or above. */
  private boolean isHidden(FlowRule rule, int leastPriority) {
    if (!rules.isEmpty() && rules.getLast().priority() >= leastPriority) {
      return true;
    }
    List<FrameSet> left =
        lets.stream()
            .map(match -> FrameSet.of(match).and(rule.match()))
            .filter(Objects::nonNull)
            .toList();
    for (FlowRule above : rules) {
      if (left.isEmpty()
          || left.size() > RuleProof.PIECES_MAX
          || above.priority() < leastPriority) {
        break;
      }
      left = FrameSet.without(left, above.match(), RuleProof.PIECES_MAX);
    }
    return left.isEmpty();
  }
}
