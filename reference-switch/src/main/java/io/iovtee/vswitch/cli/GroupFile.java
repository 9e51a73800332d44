// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.MeterSyntax;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A file of groups and meters, one a line; a meter's line begins with {@code meter=}. */
final class GroupFile {
  private GroupFile() {}

  /** All that it names. */
  static GroupStore read(String file) throws IOException {
    List<GroupMod> mods = new ArrayList<>();
    int number = 0;
    for (String line : RuleFile.read(file).lines().toList()) {
      number++;
      try {
        if (line.strip().startsWith("meter=")) {
          MeterSyntax.parseMeters(line).forEach(meter -> mods.add(new GroupMod.AddMeter(meter)));
        } else {
          GroupSyntax.parseGroups(line).forEach(group -> mods.add(new GroupMod.AddGroup(group)));
        }
      } catch (FlowSyntaxException e) {
        throw new CommandException(
            "%s:%d:%d: %s: %s".formatted(file, number, e.column(), e.text(), e.problem()), e);
      }
    }
    return GroupStore.EMPTY.after(mods);
  }
}
