// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.RuleFilter;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FlowModParserTest {
  @Test
  void readsEachCommand() {
    assertThat(
            TableModParser.parseMods(
                """
                # a bundle
                tcp,actions=drop
                add priority=5,udp,actions=normal   # added too
                  modify ip actions=flood
                modify_strict priority=5,udp,actions=drop

                delete in_port=nf1,ip
                delete_strict priority=7,arp
                delete
                """))
        .containsExactly(
            new FlowMod.Add(FlowRuleParser.parseRule("tcp,actions=drop")),
            new FlowMod.Add(FlowRuleParser.parseRule("priority=5,udp,actions=normal")),
            new FlowMod.Modify(FlowRuleParser.parseRule("ip,actions=flood"), false),
            new FlowMod.Modify(FlowRuleParser.parseRule("priority=5,udp,actions=drop"), true),
            new FlowMod.Delete(
                FlowRuleParser.parseRule("in_port=nf1,ip,actions=drop").match().inAnyTable(),
                OptionalInt.empty(),
                true),
            new FlowMod.Delete(
                FlowRuleParser.parseRule("arp,actions=drop").match(), OptionalInt.of(7), false),
            new FlowMod.Delete(Match.ANY.inAnyTable(), OptionalInt.empty(), true));
  }

  @Test
  void whichRulesAreMeantIsSaidByCookieAndOutput() {
    FlowRule flood = FlowRuleParser.parseRule("udp,actions=flood");
    Match everywhere = Match.ANY.inAnyTable();
    assertThat(
            TableModParser.parseMods(
                """
                delete cookie=0x7/-1
                delete cookie=0x17/0xf,table=2,udp
                delete out_port=nf1,out_group=5
                delete_strict cookie=-1/-1,out_port=flood,priority=9,udp
                modify cookie=1/3,udp,actions=flood
                modify_strict cookie=1/3,cookie=9,udp,actions=flood
                """))
        .containsExactly(
            new FlowMod.Delete(everywhere, OptionalInt.empty(), true, cookie(7, -1)),
            new FlowMod.Delete(flood.match().inTable(2), OptionalInt.empty(), true, cookie(7, 0xf)),
            new FlowMod.Delete(
                everywhere,
                OptionalInt.empty(),
                true,
                new RuleFilter(0, 0, List.of(Action.output("nf1"), new Action.Group(5)))),
            new FlowMod.Delete(
                flood.match(),
                OptionalInt.of(9),
                false,
                new RuleFilter(-1, -1, List.of(Action.FLOOD))),
            new FlowMod.Modify(flood, false, cookie(1, 3)),
            new FlowMod.Modify(
                FlowRuleParser.parseRule("cookie=9,udp,actions=flood"), true, cookie(1, 3)));
    assertThat(FlowModParser.parseModifications("cookie=1/3,udp,actions=flood\n\n", false))
        .containsExactly(new FlowMod.Modify(flood, false, cookie(1, 3)));
  }

  private static RuleFilter cookie(long cookie, long mask) {
    return new RuleFilter(cookie, mask, List.of());
  }

  @Test
  void aSingleDeletionMeansAllTablesWhereNarrowerMatchesAreMeant() {
    assertThat(FlowModParser.parseDeletion("", true))
        .containsExactly(new FlowMod.Delete(Match.ANY.inAnyTable(), OptionalInt.empty(), true));
    assertThat(FlowModParser.parseDeletion("table=1,priority=5", true))
        .containsExactly(new FlowMod.Delete(Match.ANY.inTable(1), OptionalInt.of(5), true));
    assertThat(FlowModParser.parseDeletion("cookie=7/-1", false))
        .containsExactly(new FlowMod.Delete(Match.ANY, OptionalInt.empty(), false, cookie(7, -1)));
  }

  /** As a rule stands in a list it is no match. */
  @Test
  void aSingleDeletionHasNoActions() {
    for (String actions : List.of("actions=output:nf1", "actions = drop", "action=drop")) {
      assertThatThrownBy(() -> FlowModParser.parseDeletion("udp," + actions, false))
          .hasMessageContaining("column 5: actions: a deletion has no actions");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "modify tcp               | line 1, column 11: end of line: a rule ends with actions=",
        "add ip,colour=red,actions=drop | line 1, column 8: colour=red",
        "delete ip,colour=red     | line 1, column 11: colour=red",
        "delete ip,actions=drop   | line 1, column 11: actions: a deletion has no actions",
        "delete priority=5,ip     | line 1, column 8: priority: delete takes rules of any priority",
        "delete cookie=1          | line 1, column 8: cookie=1: which cookies is written with a"
            + " mask",
        "delete cookie=1/x        | line 1, column 8: cookie=1/x: not a number",
        "delete cookie=1/1,cookie=1/1 | line 1, column 19: cookie=1/1: the cookie's mask is given"
            + " twice",
        "add cookie=1/1,actions=drop | a cookie's mask goes with modify and delete only",
        "delete out_port=1        | line 1, column 8: out_port=1: ports are named, not numbered",
        "delete out_group=x       | line 1, column 8: out_group=x: not a number",
        "modify out_port=nf1,actions=drop | a filter of deletions; write it behind delete",
        "remove ip,actions=drop   | line 1, column 1: remove",
      })
  void errorsNameThePlaceInTheFile(String line, String message) {
    assertThatThrownBy(() -> TableModParser.parseMods(line))
        .isInstanceOf(FlowSyntaxException.class)
        .hasMessageContaining(message);
  }

  @Test
  void wordsOfOtherCommandsAreRefused() {
    assertThat(FlowModParser.Verb.ofWord("modify_strict"))
        .isEqualTo(FlowModParser.Verb.MODIFY_STRICT);
    assertThatThrownBy(() -> FlowModParser.Verb.ofWord("ADD"))
        .hasMessageContaining("unknown command; allowed are add, modify")
        .hasMessageContaining("ADD");
  }
}
