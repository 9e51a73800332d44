// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.FlowTable;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.TableMod;
import io.iovtee.flow.text.TableModParser;
import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What docs/FLOWS.md shows can be typed in at a switch that has the ports of its examples. */
final class FlowsPageOnSwitchTest {
  private static final String CONFIG =
      """
      switch: {pool-chunks: 8192, huge-pages: false}
      ports:
        uplink: {type: soft, dma: inline}
        nf1: {type: soft, dma: inline}
        nf2: {type: soft, dma: inline}
        nf3: {type: soft, dma: inline}
        tap: {type: soft, dma: inline}
      """;

  private record Name(int priority, Match match) {}

  /** The blocks whose first line behind the fence is one of these, or that have such a label. */
  private static String blocks(String label, String firstLine) throws IOException {
    Path page = Path.of(System.getProperty("iovtee.root", ".."), "docs", "FLOWS.md");
    StringBuilder found = new StringBuilder();
    List<String> block = null;
    for (String line : Files.readAllLines(page)) {
      boolean fence = line.startsWith("```");
      if (fence && block == null) {
        block = new ArrayList<>(List.of(line));
      } else if (fence) {
        boolean wanted =
            block.getFirst().equals("```" + label)
                && block.size() > 1
                && block.get(1).startsWith(firstLine);
        found.append(wanted ? String.join("\n", block.subList(1, block.size())) + "\n" : "");
        block = null;
      } else if (block != null) {
        block.add(line);
      }
    }
    return found.toString();
  }

  private static FlowTable.Changed change(VSwitch vswitch, List<TableMod> mods) {
    return vswitch.flows().change(mods, -1).toCompletableFuture().join();
  }

  @Test
  void itsRulesGroupsMetersAndBundleAreTaken() throws IOException {
    List<TableMod> page =
        TableModParser.parseEntries(
            blocks("meters", "") + blocks("groups", "") + blocks("rules", ""));
    Set<Name> names = new HashSet<>();
    for (TableMod mod : page) {
      if (mod instanceof FlowMod.Add(FlowRule rule)) {
        names.add(new Name(rule.priority(), rule.match()));
      }
    }
    assertThat(names).hasSizeGreaterThan(60);
    assertThat(page).filteredOn(GroupMod.class::isInstance).hasSizeGreaterThan(7);
    try (VSwitch vswitch = VSwitch.start(SwitchConfig.parse(CONFIG, "test"))) {
      change(vswitch, TableModParser.parseMods("delete")); // the default rule
      change(vswitch, page);
      assertThat(vswitch.flows().rules())
          .extracting(rule -> new Name(rule.priority(), rule.match()))
          .containsExactlyInAnyOrderElementsOf(names);

      List<TableMod> bundle = TableModParser.parseMods(blocks("", "delete in_port=uplink"));
      assertThat(bundle).hasSizeGreaterThan(6);
      // The bundle deletes a meter that no rule may name then.
      List<TableMod> whole = new ArrayList<>(TableModParser.parseMods("delete udp,in_port=uplink"));
      whole.addAll(bundle);
      change(vswitch, whole);
      assertThat(vswitch.groups().groups()).anyMatch(entry -> entry.group().id() == 7);
      assertThat(vswitch.groups().meters()).noneMatch(entry -> entry.meter().id() == 2);
    }
  }
}
