// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which rules send a NIC's frames to one guest, kept by what changes. */
final class GuestRulesTest {
  private static final FlowRule FIRST =
      FlowRuleParser.parseRule("priority=9,in_port=uplink,tcp,actions=output:nf1");
  private static final FlowRule SECOND =
      FlowRuleParser.parseRule("in_port=uplink,udp,actions=mirror:tap,output:nf1");
  private static final FlowRule ELSEWHERE =
      FlowRuleParser.parseRule("priority=9,in_port=uplink,tcp,actions=output:nf2");

  @Test
  void countsWhatIsThereAndWhatComesAndGoes() {
    GuestRules rules = new GuestRules(List.of(FIRST));
    assertThat(rules.only("uplink", "nf1")).isEqualTo(FIRST);
    rules.change(List.of(new RuleDelta(null, SECOND)));
    assertThat(rules.count("uplink", "nf1")).isEqualTo(2);
    assertThat(rules.only("uplink", "nf1")).isNull();
    rules.change(List.of(new RuleDelta(FIRST, ELSEWHERE)));
    assertThat(rules.only("uplink", "nf1")).isEqualTo(SECOND);
    assertThat(rules.only("uplink", "nf2")).isEqualTo(ELSEWHERE);
    rules.change(List.of(new RuleDelta(SECOND, null), new RuleDelta(ELSEWHERE, null)));
    assertThat(rules.count("uplink", "nf1") + rules.count("uplink", "nf2")).isZero();
  }

  /** The table was read after changes of which the messages are still under way. */
  @Test
  void isRightAgainWhenItWasToldWhatItHadReadAlready() {
    GuestRules rules = new GuestRules(List.of(SECOND));
    rules.change(List.of(new RuleDelta(null, FIRST)));
    rules.change(List.of(new RuleDelta(FIRST, ELSEWHERE)));
    rules.change(List.of(new RuleDelta(null, SECOND)));
    rules.change(List.of(new RuleDelta(ELSEWHERE, null)));
    assertThat(rules.only("uplink", "nf1")).isEqualTo(SECOND);
    assertThat(rules.count("uplink", "nf2")).isZero();
  }

  @Test
  void leavesRulesOfOtherKindsOut() {
    GuestRules rules = new GuestRules(List.of());
    for (String text :
        List.of(
            "tcp,actions=output:nf1",
            "table=1,in_port=uplink,actions=output:nf1",
            "in_port=uplink,actions=output:nf1,output:nf2",
            "in_port=uplink,actions=dec_ttl,output:nf1",
            "in_port=uplink,actions=drop")) {
      rules.change(List.of(new RuleDelta(null, FlowRuleParser.parseRule(text))));
    }
    assertThat(rules.count("uplink", "nf1")).isZero();
  }
}
