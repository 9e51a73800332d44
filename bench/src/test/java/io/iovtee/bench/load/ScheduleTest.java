// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ScheduleTest {
  private static final long START_NS = 1_000_000;
  private static final long SECOND_NS = 1_000_000_000;

  @Test
  void theFirstFrameIsDueAtTheStart() {
    Schedule schedule = new Schedule(1000, START_NS);
    assertThat(schedule.due(START_NS - 1)).isZero();
    assertThat(schedule.due(START_NS)).isEqualTo(1);
    assertThat(schedule.due(START_NS + 999_999)).isEqualTo(1);
    assertThat(schedule.due(START_NS + 1_000_000)).isEqualTo(2);
    assertThat(schedule.dueNs(1)).isEqualTo(START_NS + 1_000_000);
  }

  /** Rates whose interval is no whole number of ns: nothing adds up. */
  @ParameterizedTest
  @ValueSource(doubles = {3, 7_000_003, 14_880_952.38, 22_222_222})
  void keepsTheRateForAnHour(double framesPerSecond) {
    Schedule schedule = new Schedule(framesPerSecond, START_NS);
    long due = schedule.due(START_NS + 3600 * SECOND_NS);
    assertThat((double) due).isBetween(framesPerSecond * 3600 - 1, framesPerSecond * 3600 + 2);
    assertThat(schedule.dueNs(due)).isGreaterThanOrEqualTo(START_NS + 3600 * SECOND_NS - 1);
  }

  /** The two ways to ask agree, up to the rounding of a ns. */
  @ParameterizedTest
  @ValueSource(doubles = {999, 14_880_952.38, 30_000_000})
  void aFrameIsDueAtItsTime(double framesPerSecond) {
    Schedule schedule = new Schedule(framesPerSecond, START_NS);
    for (long index = 0; index < 100_000; index++) {
      long dueNs = schedule.dueNs(index);
      assertThat(schedule.due(dueNs + 1)).isGreaterThan(index);
      assertThat(schedule.due(dueNs - 1)).isLessThanOrEqualTo(index);
    }
  }

  @Test
  void aPauseOfTheSenderMovesTheRest() {
    Schedule schedule = new Schedule(1000, START_NS);
    schedule.delay(5_000_000);
    assertThat(schedule.due(START_NS + 5_000_000)).isEqualTo(1);
    assertThat(schedule.dueNs(2)).isEqualTo(START_NS + 7_000_000);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN})
  void thereIsNoSuchRate(double framesPerSecond) {
    assertThatThrownBy(() -> new Schedule(framesPerSecond, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
