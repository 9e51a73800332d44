// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.DropReason;
import io.iovtee.api.FrameVerdict;
import io.iovtee.flow.classifier.TraceInput;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.text.FlowRuleParser;
import org.junit.jupiter.api.Test;

final class RuleTraceTest {
  private static FrameVerdict trace(String rules, String flow) {
    return trace(rules, 1, flow, "");
  }

  private static FrameVerdict trace(String rules, int vlanLimit, String flow, String hex) {
    TraceInput input = TraceInput.parse(flow, hex);
    return RuleTrace.offline(
        GroupStore.EMPTY,
        FlowRuleParser.parseRules(rules),
        vlanLimit,
        input.inPort(),
        input.frame());
  }

  @Test
  void offlineRulesLookBehindAsManyTagsAsIsSaid() {
    String rules = "dl_type=0x88b5,actions=nf1";
    String hex = "020000000011 020000000022 8100 0005 8100 0006 88b5 0102";
    assertThat(trace(rules, 1, "in_port=uplink", hex).dropped()).isEqualTo(DropReason.NO_RULE);
    assertThat(trace(rules, 2, "in_port=uplink", hex).outputs()).hasSize(1);
  }

  @Test
  void offlineAllNamedPortsAreUp() {
    FrameVerdict verdict =
        trace(
            "priority=9,arp,actions=drop\npriority=8,cookie=5,tcp,actions=nf1,flood",
            "in_port=uplink,tcp,tp_dst=80");

    assertThat(verdict.rule().orElseThrow().rule().cookie()).isEqualTo(5);
    assertThat(verdict.departures())
        .extracting(FrameVerdict.Departure::port)
        .containsExactly("nf1", "nf1");
    assertThat(verdict.lookups())
        .extracting(FrameVerdict.Lookup::step)
        .containsExactly("skipped", "found");
    assertThat(verdict.text())
        .contains(
            "key     tcp,in_port=uplink,",
            "lookup  skipped     like arp (1 rule)",
            "lookup  found       like tcp (1 rule) -> cookie=0x5,priority=8,tcp,actions=",
            "(priority 8, cookie 0x5)",
            "output  nf1, unchanged");
  }

  @Test
  void saysWhyNothingLeaves() {
    FrameVerdict verdict = trace("arp,actions=drop", "in_port=uplink,ip");

    assertThat(verdict.dropped()).isEqualTo(DropReason.NO_RULE);
    assertThat(verdict.text()).contains("rule    none matches", "output  none: dropped, no_rule");
  }
}
