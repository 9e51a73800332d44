// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.LotPace.LOT;
import static io.iovtee.vswitch.datapath.LotPace.MEASURED_NS;
import static io.iovtee.vswitch.datapath.LotPace.WAIT_NS_MAX;
import static io.iovtee.vswitch.datapath.LotPace.WORTHWHILE;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LotPaceTest {
  private static final int SIZE = 1024;

  private long nowNs = -7; // as System.nanoTime, which may begin anywhere
  private final LotPace pace = new LotPace(SIZE, () -> nowNs);

  /** How long it waits from now on. */
  private long waitNs() {
    long startNs = nowNs;
    while (!pace.isTime()) {
      nowNs++;
    }
    return nowNs - startNs;
  }

  private void look(long afterNs, int taken, int left) {
    nowNs += afterNs;
    pace.looked(taken, left);
  }

  /** So many entries came in each of the last 100 us. */
  private void measured(int taken) {
    look(MEASURED_NS / 2, taken / 2, 0);
    look(MEASURED_NS / 2, taken - taken / 2, 0);
  }

  @Test
  void looksAtOnceAtFirst() {
    assertThat(pace.isTime()).isTrue();
    look(100, 128, 0);
    assertThat(waitNs()).isZero();
  }

  @Test
  void waitsAsLongAsALotTakes() {
    measured(100 * LOT);
    assertThat(waitNs()).isEqualTo(MEASURED_NS / 100);
    look(0, LOT, 0);
    assertThat(waitNs()).as("the same until measured again").isEqualTo(MEASURED_NS / 100);
    look(MEASURED_NS - 2 * MEASURED_NS / 100, 49 * LOT, 0);
    assertThat(waitNs()).as("50 lots in the next 100 us").isEqualTo(MEASURED_NS / 50);
  }

  @Test
  void whatComesNowAndThenIsTakenAtOnce() {
    int slowest = (int) (WORTHWHILE * MEASURED_NS / WAIT_NS_MAX);
    measured(slowest - 1);
    assertThat(waitNs()).isZero();
    measured(slowest);
    assertThat(waitNs()).as("never longer").isEqualTo(WAIT_NS_MAX);
    look(1_000_000, 1, 0);
    assertThat(waitNs()).isZero();
  }

  @Test
  void waitsForNothingWhereThereWasNothing() {
    measured(100 * LOT);
    look(0, 0, 0);
    assertThat(waitNs()).isZero();
  }

  @Test
  void aLotThatWaitsAlreadyIsTakenAtOnce() {
    measured(100 * LOT);
    look(0, LOT, LOT - 1);
    assertThat(waitNs()).isPositive();
    look(0, LOT, LOT);
    assertThat(waitNs()).isZero();
  }

  /** The guest must have entries left while we wait. */
  @Test
  void aSmallRingHasSmallLots() {
    LotPace small = new LotPace(64, () -> nowNs);
    nowNs += MEASURED_NS;
    small.looked(1_600, 0);
    nowNs += MEASURED_NS / 100 - 1;
    assertThat(small.isTime()).isFalse();
    nowNs += 1;
    assertThat(small.isTime()).as("a quarter of it").isTrue();
    LotPace least = new LotPace(2, () -> nowNs);
    nowNs += MEASURED_NS;
    least.looked(1_000_000, 0);
    assertThat(least.isTime()).isTrue();
  }
}
