// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rules of one text share their actions, and mean the same as if each had been read alone. */
final class KnownActionsTest {
  @Test
  void equalActionsAreOneList() {
    List<FlowRule> rules =
        FlowRuleParser.parseRules(
            "udp,actions=dec_ttl,output:nf1\n"
                + "tcp,actions=output:nf1\n"
                + "ip,actions=dec_ttl,output:nf1\n");
    assertThat(rules.get(2).actions()).isSameAs(rules.get(0).actions());
    assertThat(rules.get(1).actions()).containsExactly(Action.output("nf1"));
  }

  @Test
  void theTableOfAResubmitIsTheRulesOwn() {
    List<FlowRule> rules =
        FlowRuleParser.parseRules(
            "table=1,actions=resubmit:nf1\ntable=2,actions=resubmit:nf1\nactions=resubmit:nf1\n");
    assertThat(rules)
        .extracting(rule -> rule.actions().getFirst())
        .containsExactly(
            new Action.Resubmit(1, "nf1"),
            new Action.Resubmit(2, "nf1"),
            new Action.Resubmit(0, "nf1"));
  }

  @Test
  void whatIsWrongInOneLineIsWrongBehindOthers() {
    assertThatThrownBy(() -> FlowRuleParser.parseRules("udp,actions=\ntcp,actions"))
        .isInstanceOf(FlowSyntaxException.class)
        .hasMessageContaining("line 2")
        .hasMessageContaining("the actions are missing");
  }

  @Test
  void moreDifferentActionsThanAreRememberedAreReadAll() {
    String text =
        IntStream.range(0, 1_000)
            .mapToObj(i -> "tp_dst=%d,udp,actions=mod_tp_dst:%d,output:nf1".formatted(i, i))
            .collect(Collectors.joining("\n"));
    assertThat(FlowRuleParser.parseRules(text))
        .isEqualTo(text.lines().map(FlowRuleParser::parseRule).toList());
  }
}
