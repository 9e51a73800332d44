// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frames.LoadFrame;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

final class LedgerTest {
  private final Ledger ledger = new Ledger(7);

  private void add(long... indices) {
    for (long index : indices) {
      ledger.add(ledger.sequence(index), 1000);
    }
  }

  @Test
  void inOrder() {
    add(0, 1, 2, 3);
    assertThat(ledger.received()).isEqualTo(4);
    assertThat(ledger.reordered() + ledger.duplicated() + ledger.late() + ledger.stale()).isZero();
  }

  @Test
  void aLostFrameIsNotReceived() {
    add(0, 1, 3);
    assertThat(ledger.received()).isEqualTo(3);
    assertThat(ledger.reordered()).isZero();
  }

  @Test
  void aReorderedFrameIsReceived() {
    add(0, 2, 1, 3);
    assertThat(ledger.received()).isEqualTo(4);
    assertThat(ledger.reordered()).isEqualTo(1);
  }

  @Test
  void aSecondCopyIsNot() {
    add(0, 1, 1, 0, 2);
    assertThat(ledger.received()).isEqualTo(3);
    assertThat(ledger.duplicated()).isEqualTo(2);
    assertThat(ledger.frames()).isEqualTo(5);
  }

  @Test
  void afterSixtyFourLaterOnesNobodyKnows() {
    add(0, 2, 200, 1);
    assertThat(ledger.received()).isEqualTo(3);
    assertThat(ledger.late()).isEqualTo(1);
  }

  /** A frame that the trial before has given up must not make up for one of this. */
  @Test
  void framesOfOtherTrialsAreStale() {
    ledger.add(new Ledger(6).sequence(0), 1000);
    add(0, 1);
    assertThat(ledger.stale()).isEqualTo(1);
    assertThat(ledger.frames()).isEqualTo(2);
    assertThat(ledger.latency().getTotalCount()).isEqualTo(2);
  }

  @Test
  void theLastTrialNumberIsOneOfMany() {
    Ledger last = new Ledger(65_535);
    last.add(last.sequence(5), 1);
    assertThat(last.received()).isEqualTo(1);
    assertThat(last.stale()).isZero();
  }

  @Test
  void latencyOfEveryFrame() {
    for (int i = 0; i < 100; i++) {
      ledger.add(ledger.sequence(i), i < 50 ? 1000 : 1000 + i);
    }
    assertThat(ledger.latency().getTotalCount()).isEqualTo(100);
    assertThat(ledger.latency().getValueAtPercentile(50)).isEqualTo(1000);
    assertThat(ledger.latency().getMaxValue()).isEqualTo(1099);
  }

  /** A frame that is received before its time (its clock's rounding) takes no time. */
  @Test
  void latencyIsWithinTheHistogram() {
    ledger.add(ledger.sequence(0), -1);
    ledger.add(ledger.sequence(1), Long.MAX_VALUE);
    assertThat(ledger.latency().getMinValue()).isZero();
    assertThat(ledger.latency().getMaxValue()).isGreaterThanOrEqualTo(10_000_000_000L);
  }

  @Test
  void readsFramesInMemory() {
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocate(LoadFrame.LENGTH_MAX).address();
      ledger.add(address, 60, 0);
      assertThat(ledger.foreign()).isEqualTo(1);

      LoadFrame frame = new LoadFrame(60);
      frame.prepare(address);
      frame.stamp(address, ledger.sequence(0), 4000);
      ledger.add(address, 60, 4700);
      assertThat(ledger.received()).isEqualTo(1);
      assertThat(ledger.latency().getMaxValue()).isEqualTo(700);
    }
  }
}
