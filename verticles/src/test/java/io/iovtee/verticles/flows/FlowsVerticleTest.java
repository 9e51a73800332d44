// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.FlowTable;
import io.iovtee.api.testkit.FakeSwitch;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.bus.Refusal;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What commands become at the table, and refusals at whoever asked. */
@ExtendWith(VertxExtension.class)
final class FlowsVerticleTest {
  private final FlowTable table = FakeSwitch.of(Map.of(), "uplink", 1, "nf1").flows();
  private LocalBus bus;

  @BeforeEach
  void deploy(Vertx vertx) throws TimeoutException {
    LocalBus.register(vertx);
    vertx.deployVerticle(new FlowsVerticle(table)).await(180, TimeUnit.SECONDS);
    bus = new LocalBus(vertx);
  }

  private FlowsView ask(FlowCommand command) throws TimeoutException {
    return bus.<FlowsView>request(Addresses.FLOW_COMMANDS, command).await(180, TimeUnit.SECONDS);
  }

  private void assertRefused(FlowCommand command, Refusal refusal, String part) {
    assertThatThrownBy(() -> ask(command))
        .isInstanceOfSatisfying(
            ReplyException.class,
            failure -> {
              assertThat(Refusal.of(failure.failureCode())).isEqualTo(refusal);
              assertThat(failure.getMessage()).contains(part).doesNotContain("Exception");
            });
  }

  private static FlowCommand add(String rules, long expectedVersion) {
    List<FlowMod> mods = new ArrayList<>();
    FlowRuleParser.parseRules(rules).forEach(rule -> mods.add(new FlowMod.Add(rule)));
    return new FlowCommand.Change(mods, expectedVersion);
  }

  @Test
  void commandsAreCarriedOutOrRefusedWithTheReason() throws TimeoutException {
    FlowsView added = ask(add("priority=7,actions=drop", FlowCommand.ANY_VERSION));
    assertThat(added.total()).isEqualTo(1);
    assertThat(added.entries()).singleElement().extracting("id").isEqualTo(1L);
    assertThat(added.version()).isEqualTo(table.version());

    assertRefused(add("actions=drop", added.version() - 1), Refusal.STALE_VERSION, "version=");
    TableContent none = TableContent.ofRules(List.of());
    FlowCommand stale = new FlowCommand.Replace(none, added.version() + 1);
    assertRefused(stale, Refusal.STALE_VERSION, "version=");
    assertRefused(add("actions=output:nf9", FlowCommand.ANY_VERSION), Refusal.INVALID, "nf9");
    assertRefused(new FlowCommand.One(5), Refusal.NOT_FOUND, "id=5");
    List<GroupMod> noGroup = List.of(new GroupMod.DeleteGroup(9));
    assertRefused(
        new FlowCommand.Change(noGroup, FlowCommand.ANY_VERSION), Refusal.NOT_FOUND, "group 9");
    assertThat(table.size()).isEqualTo(1);

    assertThat(ask(new FlowCommand.One(1)).entries()).isEqualTo(added.entries());
    assertThat(ask(new FlowCommand.Replace(none, added.version())).total()).isZero();
  }

  @Test
  void pagesTogetherAreTheTable() throws TimeoutException {
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < 25; i++) {
      rules.append("priority=").append(i).append(",actions=drop\n");
    }
    FlowsView all = ask(add(rules.toString(), FlowCommand.ANY_VERSION));
    FlowMod third = new FlowMod.DeleteId(all.entries().get(2).id());
    ask(new FlowCommand.Change(List.of(third), FlowCommand.ANY_VERSION));
    List<FlowTable.FlowEntry> seen = new ArrayList<>();
    OptionalLong from = OptionalLong.of(0);
    while (from.isPresent()) {
      FlowsView page = ask(new FlowCommand.Page(from.getAsLong(), 6));
      assertThat(page.entries()).hasSize(6);
      assertThat(page.total()).isEqualTo(24);
      seen.addAll(page.entries());
      from = page.next();
    }
    assertThat(seen).isEqualTo(table.entries()).hasSize(24);
  }
}
