// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.GroupSyntax;
import io.iovtee.flow.text.MeterSyntax;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** Programs from lines of which some are groups and meters. */
final class TestGroups {
  private TestGroups() {}

  static FlowProgram program(String lines, ToIntFunction<String> number, PortLiveness liveness) {
    List<FlowGroup> groups = new ArrayList<>();
    List<FlowMeter> meters = new ArrayList<>();
    List<String> rules = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      if (line.startsWith("group_id=")) {
        groups.add(GroupSyntax.parseGroup(line));
      } else if (line.startsWith("meter=")) {
        meters.add(MeterSyntax.parseMeter(line));
      } else {
        rules.add(line);
      }
    }
    GroupStore store = GroupStore.of(groups, meters);
    GroupRows rows = new GroupRows(number, liveness);
    rows.replace(store.groups(), store.meters(), 0);
    return FlowProgram.of(
        Classifier.compile(FlowRuleParser.parseRules(String.join("\n", rules)), number), rows);
  }
}
