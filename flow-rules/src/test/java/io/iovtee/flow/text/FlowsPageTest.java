// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.MatchField;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** docs/FLOWS.md says what is so. */
final class FlowsPageTest {
  private static List<String> linesOf(String block) throws IOException {
    Path page = Path.of(System.getProperty("iovtee.root", ".."), "docs", "FLOWS.md");
    List<String> lines = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(page)) {
      if (line.startsWith("```")) {
        inside = line.equals("```" + block);
      } else if (inside && !line.isBlank() && !line.startsWith("#")) {
        lines.add(line);
      }
    }
    return lines;
  }

  @Test
  void theRulesAreAcceptedAndComeBack() throws IOException {
    Set<MatchField> shown = EnumSet.of(MatchField.IN_PORT);
    for (String line : linesOf("rules")) {
      FlowRule rule = FlowRuleParser.parseRule(line);
      assertThat(FlowRuleParser.parseRule(FlowRuleFormatter.format(rule))).isEqualTo(rule);
      rule.match().fields().stream().map(FieldMatch::field).forEach(shown::add);
    }
    EnumSet<MatchField> all = EnumSet.allOf(MatchField.class);
    all.removeAll(EnumSet.range(MatchField.REG1, MatchField.REG14)); // as the first and the last
    assertThat(shown).as("fields with an example").containsAll(all);
  }

  @Test
  void theGroupsAndMetersAreAcceptedAndComeBack() throws IOException {
    assertThat(linesOf("groups")).hasSizeGreaterThan(4);
    for (String line : linesOf("groups")) {
      FlowGroup group = GroupSyntax.parseGroup(line);
      assertThat(GroupSyntax.parseGroup(GroupSyntax.format(group))).isEqualTo(group);
    }
    assertThat(linesOf("meters")).hasSizeGreaterThan(1);
    for (String line : linesOf("meters")) {
      FlowMeter meter = MeterSyntax.parseMeter(line);
      assertThat(MeterSyntax.parseMeter(MeterSyntax.format(meter))).isEqualTo(meter);
    }
  }

  @Test
  void theRefusedOnesAreRefused() throws IOException {
    List<String> lines = linesOf("refused");
    assertThat(lines).hasSizeGreaterThan(15);
    for (String line : lines) {
      assertThatThrownBy(() -> FlowRuleParser.parseRule(line))
          .as(line)
          .isInstanceOf(FlowSyntaxException.class)
          .hasMessageMatching(".*(not supported|ports are named).*");
    }
  }

  @Test
  void everyFieldAndShorthandIsListed() throws IOException {
    String page =
        Files.readString(Path.of(System.getProperty("iovtee.root", ".."), "docs", "FLOWS.md"));
    EnumSet<MatchField> all = EnumSet.allOf(MatchField.class);
    all.removeAll(EnumSet.range(MatchField.REG1, MatchField.REG14)); // "`reg0` ... `reg15`"
    for (MatchField field : all) {
      assertThat(page).contains("`" + field.fieldName() + "`");
      field.aliases().forEach(alias -> assertThat(page).contains("`" + alias + "`"));
    }
    for (Shorthand shorthand : Shorthand.values()) {
      assertThat(page).contains("| `" + shorthand.word() + "` |");
    }
  }
}
