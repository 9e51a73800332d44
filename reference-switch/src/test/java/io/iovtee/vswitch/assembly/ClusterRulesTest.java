// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.ClusterCookie;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.store.TableMod;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.flow.text.TableModParser;
import io.iovtee.vswitch.config.SwitchConfig;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Rules that a cluster has put into the table outlive files, but take the place of none of theirs.
 */
final class ClusterRulesTest {
  private static final String MARK = "cookie=0xc105000000000000,";
  private VSwitch vswitch;

  @BeforeEach
  void start() {
    String text =
        """
        switch: {pool-chunks: 8192, huge-pages: false, warm-up-ms: 0}
        ports: {a: {type: soft, dma: inline}}
        groups: ['group_id=1,type=all,bucket=output:a']
        flows: ['arp,actions=drop']
        """;
    vswitch = VSwitch.start(SwitchConfig.parse(text, "switch.yaml"));
  }

  @AfterEach
  void stop() {
    vswitch.close();
  }

  private static FlowRule rule(String text) {
    return FlowRuleParser.parseRule(text);
  }

  private void addFromCluster(String... rules) {
    List<TableMod> mods =
        List.of(rules).stream()
            .<TableMod>map(text -> new FlowMod.Add(ClusterCookie.on(rule(text))))
            .toList();
    var unused = vswitch.flows().change(mods, -1).toCompletableFuture().join();
  }

  private void replace(String text) {
    TableContent content = TableContent.of(TableModParser.parseEntries(text));
    var unused = vswitch.flows().replace(content, -1).toCompletableFuture().join();
  }

  private List<String> rules() {
    return vswitch.flows().rules().stream().map(FlowRuleFormatter::format).toList();
  }

  @Test
  void aReplacementLeavesThemButWhereItHasARuleInTheirPlace() {
    addFromCluster("udp,actions=drop", "tcp,actions=drop");
    replace("icmp,actions=drop\nudp,actions=output:a\n");
    assertThat(rules())
        .containsExactlyInAnyOrder(
            "icmp,actions=drop", "udp,actions=output:a", MARK + "tcp,actions=drop");
  }

  @Test
  void oneWhoseGroupGoesWithAFileGoesWithIt() {
    addFromCluster("udp,actions=group:1", "tcp,actions=drop");
    replace("arp,actions=drop\n");
    assertThat(rules()).hasSize(3);
    replace("group_id=2,type=all,bucket=output:a\narp,actions=drop\n");
    assertThat(rules()).containsExactlyInAnyOrder("arp,actions=drop", MARK + "tcp,actions=drop");
  }

  @Test
  void theRulesInThePlaceOfOthersAreFound() {
    addFromCluster("priority=3,udp,actions=drop");
    assertThat(
            vswitch
                .flows()
                .inPlaceOf(
                    List.of(
                        rule("priority=3,udp,actions=output:a"),
                        rule("priority=4,udp,actions=drop"),
                        rule("arp,actions=output:a"))))
        .extracting(FlowRuleFormatter::format)
        .containsExactly(MARK + "priority=3,udp,actions=drop", "arp,actions=drop");
  }
}
