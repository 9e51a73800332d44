// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Times and rates of arrivals. */
final class ArrivalsTest {
  private static final long START_NS = 5_000_000_000L;

  /** Frames in each slot: few in the first half second, then a thousand. */
  private static Arrivals slowThenFast(int slowPerSlot) {
    Arrivals arrivals = new Arrivals(START_NS, 3000);
    long firstNs = START_NS + TimeUnit.MILLISECONDS.toNanos(700);
    for (int slot = 0; slot < 300; slot++) {
      long ns = firstNs + TimeUnit.MILLISECONDS.toNanos(slot * Arrivals.SLOT_MS);
      arrivals.add(slot < 50 ? slowPerSlot : 1000, ns);
    }
    return arrivals;
  }

  @Test
  void countsTimeFromTheStartOfTheProcess() {
    assertThat(slowThenFast(100).firstS()).isEqualTo(0.7, within(1e-9));
  }

  @Test
  void theSteadyRateIsThatOfTheEnd() {
    assertThat(slowThenFast(100).steadyPps()).isEqualTo(100_000, within(1e-6));
  }

  @Test
  void findsTheTenthOfASecondThatIsFastEnough() {
    assertThat(slowThenFast(100).secondsTo(0.95)).isEqualTo(0.5, within(1e-9));
    assertThat(slowThenFast(100).secondsTo(0.5)).isEqualTo(0.45, within(0.011));
    assertThat(slowThenFast(1000).secondsTo(0.95)).isZero();
  }

  @Test
  void tellsWhatWasMissed() {
    assertThat(slowThenFast(100).framesBelowSteady()).isEqualTo(50 * 900, within(1e-6));
    assertThat(slowThenFast(1000).framesBelowSteady()).isZero();
  }

  @Test
  void isOverAfterTheFirstFrameOnly() {
    Arrivals arrivals = new Arrivals(START_NS, 100);
    assertThat(arrivals.isOver(START_NS + TimeUnit.HOURS.toNanos(1))).isFalse();
    arrivals.add(1, START_NS);
    assertThat(arrivals.isOver(START_NS + 99_000_000)).isFalse();
    assertThat(arrivals.isOver(START_NS + 100_000_000)).isTrue();
  }
}
