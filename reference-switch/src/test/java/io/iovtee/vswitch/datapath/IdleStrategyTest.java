// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Spin, yield, sleep; and what wakes an idle loop up for longer than a moment. */
final class IdleStrategyTest {
  private final IdleStrategy idle = new IdleStrategy();

  private int cyclesUntilSleep() {
    int cycles = 0;
    while (idle.pauseNs(0, 0) <= 0) {
      assertThat(++cycles).isLessThan(1_000_000);
    }
    return cycles;
  }

  @Test
  void sleepsEverLongerUpToALimit() {
    assertThat(idle.pauseNs(0, 0)).isEqualTo(IdleStrategy.SPIN);
    assertThat(cyclesUntilSleep()).isGreaterThan(10_000);
    long before = 0;
    for (int i = 0; i < 20; i++) {
      long pauseNs = idle.pauseNs(0, 0);
      assertThat(pauseNs).isBetween(before, 1_500_000L);
      before = pauseNs;
    }
    assertThat(before).isEqualTo(1_500_000);
  }

  @Test
  void aFrameMakesItSpinAgain() {
    cyclesUntilSleep();
    assertThat(idle.pauseNs(1, 0)).isZero();
    assertThat(idle.pauseNs(0, 0)).isEqualTo(IdleStrategy.SPIN);
    assertThat(cyclesUntilSleep()).isGreaterThan(10_000);
  }

  @Test
  void onlyAYieldGivesTheCoreUp() {
    IdleStrategy other = new IdleStrategy(1, 1);
    assertThat(other.pause(other.pauseNs(1, 0))).as("work").isFalse();
    assertThat(other.pause(other.pauseNs(0, 0))).as("spin").isFalse();
    assertThat(other.pause(other.pauseNs(0, 0))).as("yield").isTrue();
    assertThat(other.pause(other.pauseNs(0, 1))).as("command").isFalse();
  }

  @Test
  void anotherThreadSpinsAndYieldsAsOftenAsItSays() {
    IdleStrategy other = new IdleStrategy(3, 2);
    long[] pauses = new long[6];
    for (int i = 0; i < pauses.length; i++) {
      pauses[i] = other.pauseNs(0, 0);
    }
    assertThat(pauses)
        .startsWith(
            IdleStrategy.SPIN,
            IdleStrategy.SPIN,
            IdleStrategy.SPIN,
            IdleStrategy.YIELD,
            IdleStrategy.YIELD);
    assertThat(pauses[5]).isPositive();
  }

  /** The control thread looks at each guest's rings several times a second. */
  @Test
  void aCommandIsFollowedByNoSleepAndNoSpinning() {
    cyclesUntilSleep();
    idle.pauseNs(0, 0);
    for (int i = 0; i < 10; i++) {
      assertThat(idle.pauseNs(0, 1)).isZero();
    }
    assertThat(idle.pauseNs(0, 0)).isPositive();
  }
}
