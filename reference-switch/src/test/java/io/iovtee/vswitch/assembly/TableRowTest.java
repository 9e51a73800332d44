// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.FlowTable.ExpiryReason;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.datapath.FlowProgram;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a rule's time is over: what Open vSwitch's idle_age and hard_age show, and when. */
final class TableRowTest {
  private static final List<FlowProgram> NO_LOOPS = List.of();

  private long startNs;

  /** A row that was there at {@link #startNs}, for a time that nothing here depends on. */
  private TableRow row(String timeouts) {
    TableRow row = new TableRow(1, FlowRuleParser.parseRule(timeouts + ",actions=drop"));
    startNs = System.nanoTime();
    return row;
  }

  private long afterS(long seconds) {
    return startNs + seconds * 1_000_000_000;
  }

  @Test
  void aChangeOfActionsRestartsTheHardTimeoutOnly() {
    TableRow hard = row("hard_timeout=10");
    assertThat(hard.expiry(afterS(10), NO_LOOPS)).isEqualTo(ExpiryReason.HARD_TIMEOUT);
    hard.modify(afterS(8));
    assertThat(hard.expiry(afterS(17), NO_LOOPS)).isNull();
    assertThat(hard.expiry(afterS(18), NO_LOOPS)).isEqualTo(ExpiryReason.HARD_TIMEOUT);

    TableRow idle = row("idle_timeout=10");
    idle.modify(afterS(8));
    assertThat(idle.expiry(afterS(10), NO_LOOPS)).isEqualTo(ExpiryReason.IDLE_TIMEOUT);
  }

  @Test
  void addedAgainItIsAsNew() {
    TableRow idle = row("idle_timeout=10");
    idle.addAgain(afterS(8));
    assertThat(idle.expiry(afterS(17), NO_LOOPS)).isNull();
    assertThat(idle.expiry(afterS(18), NO_LOOPS)).isEqualTo(ExpiryReason.IDLE_TIMEOUT);

    TableRow hard = row("hard_timeout=10");
    hard.addAgain(afterS(8));
    assertThat(hard.expiry(afterS(17), NO_LOOPS)).isNull();
    assertThat(hard.expiry(afterS(18), NO_LOOPS)).isEqualTo(ExpiryReason.HARD_TIMEOUT);
    hard.addAgain(afterS(8_000));
    assertThat(hard.entry(NO_LOOPS).ageMs()).as("it is younger than now").isNegative();
  }
}
