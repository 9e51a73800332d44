// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import java.util.List;
import java.util.function.Predicate;

/**
 * Which of the rules that a command's match takes are meant (ovs-ofctl(8): {@code
 * cookie=VALUE/MASK}, {@code out_port}, {@code out_group}).
 *
 * @param cookie bits that the rule's cookie must have
 * @param cookieMask under this mask
 * @param actions what the rule must do among other things
 */
public record RuleFilter(long cookie, long cookieMask, List<Action> actions)
    implements Predicate<FlowRule> {
  /** All of them. */
  public static final RuleFilter ANY = new RuleFilter(0, 0, List.of());

  /** Bits of the cookie outside the mask are left out. */
  public RuleFilter {
    cookie &= cookieMask;
    actions = List.copyOf(actions);
  }

  @Override
  public boolean test(FlowRule rule) {
    return (rule.cookie() & cookieMask) == cookie && rule.actions().containsAll(actions);
  }
}
