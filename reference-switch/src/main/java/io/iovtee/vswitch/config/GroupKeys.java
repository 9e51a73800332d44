// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.FlowTreeException;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.GroupTree;
import io.iovtee.flow.text.MeterSyntax;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The keys {@code groups} and {@code meters}: lists whose elements are texts or mappings. */
final class GroupKeys {
  private GroupKeys() {}

  /**
   * Reads both.
   *
   * @param ports that there are
   * @throws ConfigException with the place of what is wrong
   */
  static GroupStore read(Section root, Set<String> ports) {
    List<GroupMod> mods = new ArrayList<>();
    mods.addAll(
        read(
            root,
            "meters",
            value ->
                new GroupMod.AddMeter(
                    value instanceof String text
                        ? MeterSyntax.parseMeter(text)
                        : MeterSyntax.read(value))));
    mods.addAll(
        read(
            root,
            "groups",
            value ->
                new GroupMod.AddGroup(
                    value instanceof String text
                        ? GroupSyntax.parseGroup(text)
                        : GroupTree.read(value))));
    try {
      GroupStore store = GroupStore.EMPTY.after(mods);
      store.checkPorts(ports::contains);
      return store;
    } catch (IllegalArgumentException e) {
      throw root.error("groups", String.valueOf(e.getMessage()));
    }
  }

  private static List<GroupMod> read(Section root, String key, Function<Object, GroupMod> reader) {
    List<GroupMod> mods = new ArrayList<>();
    if (!root.has(key)) {
      return mods;
    }
    for (Section.Item item : root.places(key)) {
      try {
        mods.add(reader.apply(item.value()));
      } catch (FlowSyntaxException | FlowTreeException e) {
        throw new ConfigException(item.at() + ": " + key + ": " + e.getMessage(), e);
      }
    }
    return mods;
  }
}
