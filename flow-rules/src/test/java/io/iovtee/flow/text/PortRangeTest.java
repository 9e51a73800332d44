// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.RuleFilter;
import io.iovtee.flow.store.TableMod;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PortRangeTest {
  private static final long SEED = 20_261_123;

  private static List<String> rules(String text) {
    return FlowRuleParser.parseRules(text).stream().map(FlowRuleFormatter::format).toList();
  }

  /** The example of ovs-fields(7), "TCP Source Port Field", which it writes by hand. */
  @Test
  void aRangeIsTheRulesThatTheManualShows() {
    assertThat(rules("priority=5,tcp,tcp_src=1000-1999,actions=output:nf1"))
        .containsExactly(
            "priority=5,tcp,tp_src=0x3e8/0xfff8,actions=output:nf1",
            "priority=5,tcp,tp_src=0x3f0/0xfff0,actions=output:nf1",
            "priority=5,tcp,tp_src=0x400/0xfe00,actions=output:nf1",
            "priority=5,tcp,tp_src=0x600/0xff00,actions=output:nf1",
            "priority=5,tcp,tp_src=0x700/0xff80,actions=output:nf1",
            "priority=5,tcp,tp_src=0x780/0xffc0,actions=output:nf1",
            "priority=5,tcp,tp_src=0x7c0/0xfff0,actions=output:nf1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          udp,tp_dst=53-53        | udp,tp_dst=53
          udp,tp_dst=0-65535      | udp
          sctp6,sctp_dst=0xff00-0xffff | sctp6,tp_dst=0xff00/0xff00
          in_port=a,tcp,tp_src=80,tp_dst=2-3 | tcp,in_port=a,tp_src=80,tp_dst=0x2/0xfffe
          """)
  void aRangeCanBeOneRule(String written, String read) {
    assertThat(rules(written + ",actions=drop")).containsExactly(read + ",actions=drop");
    assertThat(FlowRuleParser.parseRule(written + ",actions=drop"))
        .isEqualTo(FlowRuleParser.parseRule(read + ",actions=drop"));
  }

  /** Each port of the range by one rule, no other port by any. */
  @Test
  void theRulesAreTheRange() {
    Random random = new Random(SEED);
    for (int i = 0; i < 500; i++) {
      int first = random.nextInt(0x10000);
      int last = first + random.nextInt(0x10000 - first);
      List<FieldMatch> parts = PortRange.parse(MatchField.TP_DST, first + "-" + last);
      assertThat(parts).hasSizeLessThanOrEqualTo(PortRange.RULES_MAX);
      int[] hits = new int[0x10000];
      for (FieldMatch part : parts) {
        for (int port = 0; port < hits.length; port++) {
          hits[port] += (port & part.mask()) == part.value() ? 1 : 0;
        }
      }
      for (int port = 0; port < hits.length; port++) {
        if (hits[port] != (port >= first && port <= last ? 1 : 0)) {
          throw new AssertionError(
              "seed %d: %d-%d, port %d: %d".formatted(SEED, first, last, port, hits[port]));
        }
      }
    }
    assertThat(PortRange.parse(MatchField.TP_DST, "1-65534")).hasSize(PortRange.RULES_MAX);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tcp,tp_dst=20-10        | 5  | the first port is above the last
          tcp,tp_dst=1-65536      | 5  | number too large; allowed: 0 to 65535
          tcp,tp_dst=1-2-3        | 5  | not a number
          tcp,tp_dst=-5           | 5  | not a number
          tcp,tp_dst=5-           | 5  | not a number
          tcp,tp_src=1-5,tp_dst=1-5 | 16 | a rule has one range of ports: the other is tp_src
          tcp,tp_dst=1-5,tp_dst=3 | 5  | tp_dst is matched twice, with different values
          tp_dst=1-5              | 1  | needs tcp, udp, sctp
          udp,tcp_dst=1-5         | 5  | needs tcp or tcp6 in the same rule
          icmp,tp_src=0-8         | 6  | not a number
          ip,nw_ttl=1-5           | 4  | not a number
          """)
  void whatIsNoRangeIsRefused(String match, int column, String problem) {
    assertThatThrownBy(() -> FlowRuleParser.parseRules(match + ",actions=drop"))
        .isInstanceOfSatisfying(
            FlowSyntaxException.class,
            e -> {
              assertThat(e.problem()).contains(problem);
              assertThat(e.column()).isEqualTo(column);
            });
  }

  /** Where one rule is wanted the error says what to write. */
  @Test
  void severalRulesAreNotOne() {
    assertThatThrownBy(() -> FlowRuleParser.parseRule("tcp,tp_dst=1000-1999,actions=drop"))
        .hasMessageContaining("a range of ports is several rules, here 7, where one is wanted;")
        .hasMessageContaining("use a mask, as in tp_dst=0x3e8/0xfff8");
  }

  @Test
  void commandsMeanEachRuleOfTheRange() {
    List<TableMod> mods =
        TableModParser.parseMods(
            """
            modify udp,tp_dst=2-4,actions=output:nf1
            delete_strict priority=7,udp,tp_dst=6-8
            """);
    FlowRule two = FlowRuleParser.parseRule("udp,tp_dst=2/0xfffe,actions=output:nf1");
    assertThat(mods).hasSize(4);
    assertThat(mods.getFirst()).isEqualTo(new FlowMod.Modify(two, false, RuleFilter.ANY));
    assertThat(mods.subList(2, 4)).hasOnlyElementsOfType(FlowMod.Delete.class);
    assertThat(FlowModParser.parseDeletion("udp,tp_dst=2-4", true)).hasSize(2);
    assertThat(TableModParser.parseEntries("udp,tp_dst=2-4,actions=drop")).hasSize(2);
  }

  /** A short text is not to become many more commands than lines can. */
  @Test
  void modificationsHaveALimit() {
    int lines = FlowModParser.MODIFICATIONS_MAX / PortRange.RULES_MAX + 1;
    String line = "udp,tp_dst=1-65534,actions=drop\n";
    assertThat(FlowModParser.parseModifications(line.repeat(lines - 1), false))
        .hasSize((lines - 1) * PortRange.RULES_MAX);
    assertThatThrownBy(() -> FlowModParser.parseModifications(line.repeat(lines), false))
        .hasMessageContaining("line " + lines)
        .hasMessageContaining("at most 100000 modifications");
  }
}
