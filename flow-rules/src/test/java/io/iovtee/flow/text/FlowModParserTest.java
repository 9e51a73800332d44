// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.store.FlowMod;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FlowModParserTest {
  @Test
  void readsEachCommand() {
    assertThat(
            FlowModParser.parseMods(
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
                FlowRuleParser.parseRule("in_port=nf1,ip,actions=drop").match(),
                OptionalInt.empty(),
                true),
            new FlowMod.Delete(
                FlowRuleParser.parseRule("arp,actions=drop").match(), OptionalInt.of(7), false),
            new FlowMod.Delete(
                FlowRuleParser.parseRule("actions=drop").match(), OptionalInt.empty(), true));
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
        "remove ip,actions=drop   | line 1, column 1: remove",
      })
  void errorsNameThePlaceInTheFile(String line, String message) {
    assertThatThrownBy(() -> FlowModParser.parseMods(line))
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
