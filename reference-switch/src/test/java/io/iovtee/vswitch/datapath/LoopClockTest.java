// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.PauseStats;
import org.junit.jupiter.api.Test;

/** Which times between two readings are pauses, and how they are counted. */
final class LoopClockTest {
  private static final long PAUSE_NS = PauseStats.MIN_NS;

  private final LoopClock clock = new LoopClock();
  private long nowNs;

  private void pass(long ns) {
    nowNs += ns;
    clock.read(nowNs);
  }

  private PauseStats pauses() {
    return clock.pauses().stats();
  }

  @Test
  void aLongTimeBetweenTwoReadingsIsAPause() {
    pass(PAUSE_NS - 1);
    assertThat(pauses()).isEqualTo(PauseStats.NONE);
    long beforeMs = System.currentTimeMillis();
    pass(PAUSE_NS);
    assertThat(pauses().counts()).containsExactly(1L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L);
    assertThat(pauses().totalNs()).isEqualTo(PAUSE_NS);
    assertThat(pauses().longestNs()).isEqualTo(PAUSE_NS);
    assertThat(pauses().longestAtMs()).isBetween(beforeMs, System.currentTimeMillis());
  }

  /** One timing stands for several cycles, some of which come after the next reading. */
  @Test
  void noMoreIsEmulationThanTimePassedAndTheRestComesLater() {
    clock.tick(true);
    nowNs = System.nanoTime();
    clock.read(nowNs);
    long busy = clock.busyNs();
    long before = clock.emulationNs();
    long owed = 300;
    clock.emulation(owed);
    pass(100);
    assertThat(clock.emulationNs() - before).isEqualTo(100);
    pass(400);
    assertThat(clock.emulationNs() - before).as("and no more").isEqualTo(owed);
    assertThat(clock.busyNs() - busy).isEqualTo(200);
  }

  @Test
  void aSleepOfItsOwnIsNone() {
    clock.rested();
    pass(100 * PAUSE_NS);
    assertThat(pauses()).isEqualTo(PauseStats.NONE);
    pass(100 * PAUSE_NS);
    assertThat(pauses().count()).as("awake again").isEqualTo(1);
  }

  /** The ages of rules are counted by this clock, and a loop may sleep for long. */
  @Test
  void timeThatWasSleptIsCountedAtOnceAndIsNoPause() throws InterruptedException {
    clock.start();
    Thread.sleep(PAUSE_NS / 1_000_000 + 5);
    clock.slept();
    assertThat(clock.idleNs()).isGreaterThan(PAUSE_NS);
    assertThat(pauses()).isEqualTo(PauseStats.NONE);
  }

  /** Frames that come in bursts, with more cycles without work than with it. */
  @Test
  void aLoneCycleWithWorkIsBusyForAsLongAsItTook() {
    long workNs = 2_000_000;
    clock.start();
    for (int burst = 0; burst < 5; burst++) {
      clock.tick(false);
      long endNs = System.nanoTime() + workNs;
      while (System.nanoTime() < endNs) {
        Thread.onSpinWait();
      }
      clock.tick(true);
      clock.tick(false);
    }
    assertThat(clock.busyNs()).isGreaterThanOrEqualTo(5 * workNs);
  }

  @Test
  void timeWithoutWorkIsIdle() {
    clock.start();
    clock.tick(true);
    long busyNs = clock.busyNs();
    for (int i = 0; i < 100; i++) {
      clock.tick(false);
    }
    assertThat(clock.busyNs()).as("the last one with work was read").isEqualTo(busyNs);
    assertThat(clock.idleNs()).isPositive();
  }

  @Test
  void readsTheClockWithinAFewBusyCycles() {
    clock.start();
    clock.tick(true); // it turns busy: a reading
    long before = clock.busyNs();
    for (int i = 0; i < 8; i++) {
      clock.tick(true);
    }
    assertThat(clock.busyNs()).isGreaterThan(before);
    assertThat(clock.dutyCycles()).isEqualTo(9);
  }

  @Test
  void eachClassIsTwiceAsLongAsTheOneBefore() {
    for (int i = 0; i < PauseStats.CLASSES; i++) {
      assertThat(PauseStats.classOf(PauseStats.boundNs(i))).isEqualTo(i);
      int last = PauseStats.CLASSES - 1;
      assertThat(PauseStats.classOf(2 * PauseStats.boundNs(i) - 1)).isEqualTo(Math.min(i, last));
    }
    assertThat(PauseStats.classOf(Long.MAX_VALUE)).isEqualTo(PauseStats.CLASSES - 1);
  }

  @Test
  void keepsTheLongestAndWhenItEnded() {
    LoopPauses pauses = new LoopPauses();
    pauses.note(3 * PAUSE_NS, 1000);
    pauses.note(70_000_000, 2000);
    pauses.note(2 * PAUSE_NS, 3000);
    assertThat(pauses.stats().longestNs()).isEqualTo(70_000_000);
    assertThat(pauses.stats().longestAtMs()).isEqualTo(2000);
    assertThat(pauses.stats().totalNs()).isEqualTo(70_000_000 + 5 * PAUSE_NS);
    assertThat(pauses.stats().counts()).containsExactly(0L, 2L, 0L, 0L, 0L, 0L, 0L, 0L, 1L);
  }
}
