// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.flow.text.FlowModParser;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Cluster rules beside a switch's own. */
final class ClusterTableTest {
  private static final String LOCAL = "priority=5,arp,actions=output:nf1";
  private final FakeSwitch vswitch = FakeSwitch.of(Map.of(), "uplink", 1, "nf1");
  private final ClusterTable table = new ClusterTable(vswitch);
  private MemberStatus.Applied last = MemberStatus.Applied.NOTHING;
  private long version;

  private MemberStatus.Applied apply(String... rules) {
    List<FlowRule> parsed = List.of(rules).stream().map(FlowRuleParser::parseRule).toList();
    last = table.apply(new DesiredRules(++version, 1, "a", parsed), last);
    return last;
  }

  private void local(FlowMod mod) {
    var unused = vswitch.flows().change(List.of(mod), -1).toCompletableFuture().join();
  }

  private static FlowMod add(String rule) {
    return new FlowMod.Add(FlowRuleParser.parseRule(rule));
  }

  private List<String> rules() {
    return vswitch.flows().rules().stream()
        .map(io.iovtee.flow.text.FlowRuleFormatter::format)
        .toList();
  }

  @Test
  void onlyWhatDiffersChangesAndLocalRulesStay() {
    local(add(LOCAL));
    apply("udp,actions=drop", "tcp,actions=output:nf1");
    long before = vswitch.flows().version();
    assertThat(apply("udp,actions=drop", "icmp,actions=drop").version()).isEqualTo(2);
    assertThat(vswitch.flows().version()).as("one change").isEqualTo(before + 1);
    assertThat(rules())
        .containsExactly(
            LOCAL,
            "cookie=0xc105000000000000,udp,actions=drop",
            "cookie=0xc105000000000000,icmp,actions=drop");
    apply("udp,actions=drop", "icmp,actions=drop");
    assertThat(vswitch.flows().version()).as("no change").isEqualTo(before + 1);
    apply();
    assertThat(rules()).containsExactly(LOCAL);
  }

  @Test
  void aRuleOfTheSwitchsOwnKeepsItsPlaceUntilItGoes() {
    local(add(LOCAL));
    MemberStatus.Applied applied = apply("priority=5,arp,actions=drop");
    assertThat(applied.leftOutCount()).isEqualTo(1);
    assertThat(applied.leftOut().getFirst()).contains("own", "priority=5,arp,actions=drop");
    assertThat(rules()).containsExactly(LOCAL);
    assertThat(table.hasLeftOut()).isTrue();
    FlowRule rule = FlowRuleParser.parseRule(LOCAL);
    assertThat(table.concerns(List.of(new RuleDelta(rule, null)))).isTrue();
    local(FlowModParser.parseDeletion("arp", false).getFirst());
    apply("priority=5,arp,actions=drop");
    assertThat(rules()).containsExactly("cookie=0xc105000000000000,priority=5,arp,actions=drop");
  }

  @Test
  void whatSomebodyChangesByHandIsPutRight() {
    apply("udp,actions=drop");
    local(FlowModParser.parseDeletion("udp", false).getFirst());
    assertThat(rules()).isEmpty();
    apply("udp,actions=drop");
    assertThat(rules()).hasSize(1);
    FlowRule other = FlowRuleParser.parseRule("icmp,actions=drop");
    assertThat(table.concerns(List.of(new RuleDelta(null, other)))).isFalse();
  }

  @Test
  void rulesThatNameWhatIsNotHereWaitUntilItIs() {
    String[] rules = {
      "in_port=nf2,actions=drop",
      "udp,actions=output:nf2",
      "tcp,actions=group:7",
      "icmp,actions=meter:3,output:nf1",
      "arp,actions=output:nf1"
    };
    MemberStatus.Applied applied = apply(rules);
    assertThat(applied.error()).isEmpty();
    assertThat(applied.leftOutCount()).isEqualTo(4);
    assertThat(applied.leftOut())
        .anyMatch(one -> one.startsWith("no port nf2: in_port=nf2"))
        .anyMatch(one -> one.startsWith("no group 7"))
        .anyMatch(one -> one.startsWith("no meter 3"));
    assertThat(rules()).hasSize(1);
    vswitch.addPort("nf2", Map.of("type", "vhost-user"));
    assertThat(apply(rules).leftOutCount()).isEqualTo(2);
    assertThat(rules()).hasSize(3);
    vswitch.removePort("nf2");
    apply(rules);
    assertThat(rules()).hasSize(1);
  }
}
