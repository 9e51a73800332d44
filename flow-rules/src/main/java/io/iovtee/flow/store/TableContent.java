// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.FlowRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All rules that a table has or shall have, and, if it says so, all groups and meters with them.
 *
 * @param groups groups and meters; empty if nothing is said of them, as in files of rules alone
 * @param rules in the order in which they were written
 */
public record TableContent(Optional<GroupStore> groups, List<FlowRule> rules) {
  /** Rules, and nothing about groups and meters. */
  public static TableContent ofRules(List<FlowRule> rules) {
    return new TableContent(Optional.empty(), rules);
  }

  /**
   * What a file says. One that names a group or a meter says all that there shall be of both.
   *
   * @param entries as {@link io.iovtee.flow.text.TableModParser#parseEntries} reads them
   * @throws IllegalArgumentException as {@link GroupStore#after}; rules may name groups of others
   */
  public static TableContent of(List<? extends TableMod> entries) {
    List<GroupMod> groups = new ArrayList<>();
    List<FlowRule> rules = new ArrayList<>(entries.size());
    for (TableMod entry : entries) {
      switch (entry) {
        case GroupMod group -> groups.add(group);
        case FlowMod.Add(FlowRule rule) -> rules.add(rule);
        default -> throw new IllegalArgumentException("not what there shall be: " + entry);
      }
    }
    return groups.isEmpty()
        ? ofRules(rules)
        : new TableContent(Optional.of(GroupStore.EMPTY.after(groups)), rules);
  }

  /** The groups and meters; none if nothing is said of them. */
  public GroupStore groupsOrNone() {
    return groups.orElse(GroupStore.EMPTY);
  }
}
