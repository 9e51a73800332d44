// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.flows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.FlowTable;
import io.iovtee.api.FrameVerdict;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.verticles.bus.Addresses;
import io.iovtee.verticles.bus.LocalBus;
import io.iovtee.verticles.bus.Refusal;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What happens when somebody else changes the table between reading and replacing. */
@ExtendWith(VertxExtension.class)
final class FlowsVerticleTest {
  private static final List<FlowRule> RULES = FlowRuleParser.parseRules("priority=7,actions=drop");

  /** A table into which somebody else writes a rule before each of the next replacements. */
  private static final class ContestedTable implements FlowTable {
    private final List<FlowRule> rules = new ArrayList<>();
    private int contests;
    private int replacements;
    private long version = 1;

    ContestedTable(int contests) {
      this.contests = contests;
    }

    @Override
    public synchronized long version() {
      return version;
    }

    @Override
    public synchronized List<FlowEntry> entries() {
      return rules.stream().map(rule -> new FlowEntry(1, rule, 0, 0, 0)).toList();
    }

    @Override
    public CompletionStage<FrameVerdict> trace(String inPort, byte[] frame) {
      return CompletableFuture.failedFuture(new UnsupportedOperationException("not asked here"));
    }

    @Override
    public synchronized CompletionStage<Long> replace(List<FlowRule> changed, long expected) {
      replacements++;
      if (contests > 0) {
        contests--;
        rules.add(FlowRuleParser.parseRule("priority=" + (100 + contests) + ",actions=NORMAL"));
        version++;
      }
      if (expected != version) {
        return CompletableFuture.failedFuture(new IllegalStateException("moved on"));
      }
      rules.clear();
      rules.addAll(changed);
      return CompletableFuture.completedFuture(++version);
    }
  }

  private static FlowsView ask(Vertx vertx, FlowTable table, FlowCommand command)
      throws TimeoutException {
    LocalBus.register(vertx);
    vertx.deployVerticle(new FlowsVerticle(table)).await(20, TimeUnit.SECONDS);
    return new LocalBus(vertx)
        .<FlowsView>request(Addresses.FLOW_COMMANDS, command)
        .await(20, TimeUnit.SECONDS);
  }

  @Test
  void worksTheChangeOutAgainAndKeepsTheOthersRules(Vertx vertx) throws TimeoutException {
    ContestedTable table = new ContestedTable(2);
    FlowsView view = ask(vertx, table, new FlowCommand.Add(RULES, FlowCommand.ANY_VERSION));
    assertThat(view.total()).isEqualTo(3);
    assertThat(table.replacements).isEqualTo(3);
    assertThat(table.rules).contains(RULES.getFirst());
  }

  @Test
  void givesUpWhenTheTableMovesOnEachTime(Vertx vertx) {
    ContestedTable table = new ContestedTable(1000);
    FlowCommand add = new FlowCommand.Add(RULES, FlowCommand.ANY_VERSION);
    assertThatThrownBy(() -> ask(vertx, table, add))
        .isInstanceOfSatisfying(
            ReplyException.class,
            failure ->
                assertThat(Refusal.of(failure.failureCode())).isEqualTo(Refusal.STALE_VERSION));
    assertThat(table.replacements).isEqualTo(5);
    assertThat(table.rules).doesNotContain(RULES.getFirst());
  }

  @Test
  void doesNotTryAgainWhenTheCallerNamedAVersion(Vertx vertx) {
    ContestedTable table = new ContestedTable(1);
    assertThatThrownBy(() -> ask(vertx, table, new FlowCommand.Replace(RULES, 1)))
        .isInstanceOfSatisfying(
            ReplyException.class,
            failure ->
                assertThat(Refusal.of(failure.failureCode())).isEqualTo(Refusal.STALE_VERSION));
    assertThat(table.replacements).isEqualTo(1);
  }
}
