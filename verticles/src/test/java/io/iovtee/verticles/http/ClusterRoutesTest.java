// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.bus.Refusal;
import io.iovtee.verticles.cluster.ClusterCommand;
import io.iovtee.verticles.cluster.ClusterView;
import io.iovtee.verticles.cluster.DesiredRules;
import io.iovtee.verticles.cluster.MemberStatus;
import io.iovtee.verticles.http.RunningApi.Answered;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The cluster over HTTP, every answer held against the contract. */
final class ClusterRoutesTest {
  private static final String FLOWS = "/api/v1/cluster/flows";
  private static final DesiredRules RULES =
      new DesiredRules(
          3, 1_000, "b", FlowRuleParser.parseRules("priority=7,in_port=uplink,actions=drop\n"));

  private final List<ClusterCommand> commands = new ArrayList<>();
  private RunningApi api;
  private Refusal refusal = Refusal.FAILED;
  private ClusterView.State state = ClusterView.State.MAJORITY;

  @BeforeEach
  void start() throws TimeoutException {
    api = new RunningApi();
  }

  @AfterEach
  void stop() throws TimeoutException {
    api.close();
  }

  private static ClusterView.Row row(String name, boolean live, long applied) {
    MemberStatus status =
        new MemberStatus(
            "http://127.0.0.1:1",
            "0.1",
            live ? 1_000 : 0,
            new MemberStatus.Switched(2, 1, 1, 0, 1.5, 2.5),
            "3-ab",
            new MemberStatus.Applied(applied, "", 1, List.of("no port x: udp,actions=drop")),
            "");
    return new ClusterView.Row(
        name, "127.0.0.1:5701", name.equals("a"), live, name.equals("a"), 2_000, status);
  }

  private void withCluster() {
    var unused =
        new LocalBus(api.vertx)
            .answer(Addresses.CLUSTER_COMMANDS, this::carryOut, failure -> refusal);
  }

  private Future<Object> carryOut(ClusterCommand command) {
    commands.add(command);
    if (command instanceof ClusterCommand.Look) {
      return Future.succeededFuture(
          new ClusterView(
              "lab",
              "a",
              List.of(row("a", true, 3), row("b", true, 2), row("c", false, 0)),
              3,
              2,
              2,
              state,
              1_000,
              "",
              RULES));
    }
    if (refusal != Refusal.FAILED) {
      return Future.failedFuture("1 of 3 members");
    }
    boolean none =
        command instanceof ClusterCommand.Change(List<FlowMod> mods, long _)
            && mods.getFirst() instanceof FlowMod.Delete delete
            && delete.priority().isPresent();
    return Future.succeededFuture(new ClusterCommand.Changed(RULES, none ? 0 : 1));
  }

  @Test
  void aSwitchInNoClusterSaysSo() {
    assertThat(api.get("/api/v1/cluster").json().getBoolean("enabled")).isFalse();
    assertThat(api.getText("/api/v1/cluster").text()).contains("plugins.iovtee.cluster");
    assertThat(api.get("/api/v1/cluster/members/a").status()).isEqualTo(404);
    assertThat(api.get(FLOWS).status()).isEqualTo(404);
    assertThat(api.text(HttpMethod.POST, FLOWS, "arp,actions=drop").status()).isEqualTo(404);
    assertThat(api.get("/metrics").text()).doesNotContain("iovtee_cluster");
    assertThat(api.get("/readyz?verbose").text()).doesNotContain("cluster");
  }

  @Test
  void membersAreShownWithWhoIsBehind() {
    withCluster();
    assertThat(api.get("/api/v1/cluster").json().getJsonArray("members")).hasSize(3);
    assertThat(api.getText("/api/v1/cluster").text())
        .contains("2 of 3 members", "version 3 (1 rule)", "a (here)", "oldest", "2 (behind)");
    assertThat(api.get("/api/v1/cluster/members/b").json().getBoolean("behind")).isTrue();
    assertThat(api.getText("/api/v1/cluster/members/c").text()).contains("gone", "no port x: udp");
    assertThat(api.get("/api/v1/cluster/members/x").status()).isEqualTo(404);
    assertThat(api.get("/metrics").text())
        .contains(
            "iovtee_cluster_members{state=\"live\"} 2",
            "iovtee_cluster_members{state=\"gone\"} 1",
            "iovtee_cluster_majority 1",
            "iovtee_cluster_rules_version 3",
            "iovtee_cluster_rules_left_out 1");
  }

  @Test
  void aLostClusterIsToldOfAndTheSwitchStaysReady() {
    withCluster();
    state = ClusterView.State.MINORITY;
    Answered ready = api.get("/readyz?verbose");
    assertThat(ready.text()).contains("[~]cluster ok, but", "no majority");
  }

  @Test
  void rulesHaveTheirVersionAsETag() {
    withCluster();
    Answered list = api.get(FLOWS);
    assertThat(list.header("ETag")).isEqualTo("\"3\"");
    assertThat(list.json().getInteger("total")).isEqualTo(1);
    assertThat(api.getText(FLOWS).text()).isEqualTo("priority=7,in_port=uplink,actions=drop\n");
  }

  @Test
  void changesAreHandedOnWithTheVersionThatTheClientSaw() {
    withCluster();
    String rule = "arp,actions=drop";
    assertThat(api.text(HttpMethod.POST, FLOWS, rule, "If-Match", "\"3\"").status()).isEqualTo(200);
    assertThat(commands.getLast())
        .isEqualTo(
            new ClusterCommand.Change(List.of(new FlowMod.Add(FlowRuleParser.parseRule(rule))), 3));
    assertThat(api.text(HttpMethod.PUT, FLOWS, rule).status()).isEqualTo(428);
    Answered replaced = api.text(HttpMethod.PUT, FLOWS, rule, "If-Match", "*");
    assertThat(replaced.json().getInteger("changed")).isEqualTo(1);
    assertThat(commands.getLast())
        .isEqualTo(
            new ClusterCommand.Replace(
                List.of(FlowRuleParser.parseRule(rule)), ClusterCommand.ANY_VERSION));
    assertThat(api.delete(FLOWS + "?match=arp").status()).isEqualTo(200);
    assertThat(api.delete(FLOWS + "?match=priority=1,arp").status()).isEqualTo(404);
    assertThat(api.delete(FLOWS).status()).isEqualTo(400);
    assertThat(api.delete(FLOWS + "?match=apr").status()).isEqualTo(400);
    assertThat(api.text(HttpMethod.POST, FLOWS, "# none\n").status()).isEqualTo(400);
    assertThat(api.text(HttpMethod.POST, FLOWS, "x").status()).isEqualTo(400);
  }

  @Test
  void whatTheClusterRefusesHasItsStatus() {
    withCluster();
    refusal = Refusal.UNAVAILABLE;
    Answered refused = api.text(HttpMethod.POST, FLOWS, "arp,actions=drop");
    assertThat(refused.status()).isEqualTo(503);
    assertThat(refused.json().getString("detail")).isEqualTo("1 of 3 members");
    refusal = Refusal.STALE_VERSION;
    assertThat(api.text(HttpMethod.POST, FLOWS, "arp,actions=drop").status()).isEqualTo(412);
    refusal = Refusal.INVALID;
    assertThat(api.text(HttpMethod.POST, FLOWS, "arp,actions=drop").status()).isEqualTo(422);
  }
}
