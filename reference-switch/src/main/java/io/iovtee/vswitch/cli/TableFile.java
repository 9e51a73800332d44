// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.store.TableMod;
import io.iovtee.flow.text.TableModParser;
import java.util.ArrayList;
import java.util.List;

/**
 * What a file of rules says, and of the groups and meters that they name.
 *
 * @param rules in the file's order
 */
record TableFile(GroupStore groups, List<FlowRule> rules) {

  /**
   * Reads a text.
   *
   * @throws io.iovtee.flow.text.FlowSyntaxException at the first line that is wrong
   * @throws IllegalArgumentException if what groups name is not there; rules may name those of
   *     others
   */
  static TableFile parse(String text) {
    List<GroupMod> groups = new ArrayList<>();
    List<FlowRule> rules = new ArrayList<>();
    for (TableMod mod : TableModParser.parseEntries(text)) {
      switch (mod) {
        case GroupMod group -> groups.add(group);
        case FlowMod.Add(FlowRule rule) -> rules.add(rule);
        default -> throw new IllegalStateException("a file only adds: " + mod);
      }
    }
    return new TableFile(GroupStore.EMPTY.after(groups), rules);
  }
}
