// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.FlowTable.ExpiryReason;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.RuleStore;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.datapath.FlowProgram;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RuleTimeoutsTest {
  private static final long NS_PER_S = 1_000_000_000;
  private static final List<FlowProgram> NO_LOOPS = List.of();

  private final RuleTimeouts timeouts = new RuleTimeouts();
  private final long startNs = System.nanoTime();

  private static TableRow row(String rule) {
    return new TableRow(1, FlowRuleParser.parseRule(rule + ",actions=drop"));
  }

  private long afterS(long seconds) {
    return startNs + seconds * NS_PER_S;
  }

  @Test
  void rulesWithoutTimeoutsAreNeverLookedAt() {
    timeouts.watch(row("udp"), NO_LOOPS);
    assertThat(timeouts.size()).isZero();
    assertThat(timeouts.isAnyDue(afterS(1_000_000))).isFalse();
    assertThat(timeouts.takeOver(afterS(1_000_000), 10, NO_LOOPS)).isEmpty();
  }

  @Test
  void eachGoesInTheSecondAfterItsTime() {
    TableRow hard = row("hard_timeout=5,udp");
    TableRow idle = row("idle_timeout=7,hard_timeout=60,tcp");
    timeouts.watch(idle, NO_LOOPS);
    timeouts.watch(hard, NO_LOOPS);
    assertThat(timeouts.takeOver(afterS(4), 10, NO_LOOPS)).isEmpty();
    assertThat(timeouts.isAnyDue(afterS(4))).isFalse();
    assertThat(timeouts.takeOver(afterS(6) + NS_PER_S / 2, 10, NO_LOOPS))
        .containsOnly(Map.entry(hard, ExpiryReason.HARD_TIMEOUT));
    assertThat(timeouts.takeOver(afterS(9), 10, NO_LOOPS))
        .containsOnly(Map.entry(idle, ExpiryReason.IDLE_TIMEOUT));
    assertThat(timeouts.size()).isZero();
  }

  /** Its second comes, it has been added since: put off, not looked at over and over. */
  @Test
  void aRuleWhoseTimeBeganAnewIsPutOff() {
    TableRow row = row("idle_timeout=5,udp");
    timeouts.watch(row, NO_LOOPS);
    long due = row.dueS;
    row.addAgain(afterS(2));
    timeouts.watch(row, NO_LOOPS);
    assertThat(row.dueS).as("it waits where it was").isEqualTo(due);
    long nowNs = due * NS_PER_S;
    assertThat(timeouts.takeOver(nowNs, 10, NO_LOOPS)).isEmpty();
    assertThat(row.dueS).isGreaterThan(due);
    assertThat(timeouts.isAnyDue(nowNs)).isFalse();
    assertThat(timeouts.takeOver(row.dueS * NS_PER_S, 10, NO_LOOPS)).containsKey(row);
  }

  @Test
  void aSoonerTimeTakesThePlaceOfALaterOne() {
    RuleStore<TableRow> store = new RuleStore<>(TableRow::new, 10);
    TableRow row = added(store, "idle_timeout=500,udp,actions=drop");
    timeouts.watch(row, NO_LOOPS);
    assertThat(added(store, "idle_timeout=5,udp,actions=drop")).isSameAs(row);
    timeouts.watch(row, NO_LOOPS);
    assertThat(timeouts.size()).isEqualTo(1);
    assertThat(timeouts.takeOver(afterS(7), 10, NO_LOOPS)).containsKey(row);
    added(store, "udp,actions=drop");
    timeouts.watch(row, NO_LOOPS);
    assertThat(timeouts.size()).as("no timeout any more").isZero();
  }

  private static TableRow added(RuleStore<TableRow> store, String rule) {
    FlowMod add = new FlowMod.Add(FlowRuleParser.parseRule(rule));
    return store.apply(List.of(add)).named().getFirst();
  }

  @Test
  void rulesThatComeAndGoLeaveNothingBehind() {
    for (int i = 0; i < 10_000; i++) {
      TableRow row = row("idle_timeout=60000,udp");
      timeouts.watch(row, NO_LOOPS);
      timeouts.forget(row);
    }
    assertThat(timeouts.size()).isZero();
    assertThat(timeouts.isAnyDue(afterS(1_000_000))).isFalse();
  }

  @Test
  void someAreTakenAtATime() {
    for (int i = 0; i < 25; i++) {
      timeouts.watch(row("hard_timeout=1,udp"), NO_LOOPS);
    }
    assertThat(timeouts.takeOver(afterS(5), 10, NO_LOOPS)).hasSize(10);
    assertThat(timeouts.takeOver(afterS(5), 10, NO_LOOPS)).hasSize(10);
    assertThat(timeouts.isAnyDue(afterS(5))).isTrue();
    assertThat(timeouts.takeOver(afterS(5), 10, NO_LOOPS)).hasSize(5);
    assertThat(timeouts.isAnyDue(afterS(5))).isFalse();
  }

  /** As in OVS modify restarts the hard timeout; a rule that nobody uses goes all the same. */
  @Test
  void modifyPutsOffTheHardTimeoutOnly() {
    TableRow hard = row("hard_timeout=5,udp");
    TableRow idle = row("idle_timeout=5,tcp");
    for (TableRow row : List.of(hard, idle)) {
      timeouts.watch(row, NO_LOOPS);
      row.modify(afterS(4));
      timeouts.watch(row, NO_LOOPS);
    }
    assertThat(timeouts.takeOver(afterS(7), 10, NO_LOOPS))
        .containsOnly(Map.entry(idle, ExpiryReason.IDLE_TIMEOUT));
    assertThat(timeouts.takeOver(afterS(11), 10, NO_LOOPS))
        .containsOnly(Map.entry(hard, ExpiryReason.HARD_TIMEOUT));
  }
}
