// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.TableMod;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.FlowRuleTree;
import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.FlowTreeException;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.GroupTree;
import io.iovtee.flow.text.MeterSyntax;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The keys {@code meters}, {@code groups} and {@code flows}: lists whose elements are texts or
 * mappings.
 */
final class TableKeys {
  private TableKeys() {}

  /** Reads {@code meters}, if there are any. */
  static List<PlacedMod> meters(Section in) {
    return read(
        in,
        "meters",
        text -> List.of(new GroupMod.AddMeter(MeterSyntax.parseMeter(text))),
        tree -> new GroupMod.AddMeter(MeterSyntax.read(tree)));
  }

  /** Reads {@code groups}, if there are any. */
  static List<PlacedMod> groups(Section in) {
    return read(
        in,
        "groups",
        text -> List.of(new GroupMod.AddGroup(GroupSyntax.parseGroup(text))),
        tree -> new GroupMod.AddGroup(GroupTree.read(tree)));
  }

  /** Reads {@code flows}, if there are any. */
  static List<PlacedMod> flows(Section in) {
    return read(
        in,
        "flows",
        text -> FlowRuleParser.parseLine(text).stream().map(FlowMod.Add::new).toList(),
        tree -> new FlowMod.Add(FlowRuleTree.read(tree)));
  }

  private static List<PlacedMod> read(
      Section in,
      String key,
      Function<String, List<? extends TableMod>> text,
      Function<Object, TableMod> tree) {
    List<PlacedMod> mods = new ArrayList<>();
    if (!in.has(key)) {
      return mods;
    }
    for (Section.Item item : in.places(key)) {
      try {
        List<? extends TableMod> said =
            item.value() instanceof String line
                ? text.apply(line)
                : List.of(tree.apply(item.value()));
        said.forEach(mod -> mods.add(new PlacedMod(mod, item.at())));
      } catch (FlowSyntaxException | FlowTreeException e) {
        throw new ConfigException(item.at() + ": " + key + ": " + e.getMessage(), e);
      }
    }
    return mods;
  }
}
