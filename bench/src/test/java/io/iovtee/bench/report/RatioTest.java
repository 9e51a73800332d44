// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RatioTest {
  @Test
  void seriesOfOddAndEvenCounts() {
    assertThat(Series.of(3, 1, 2)).isEqualTo(new Series(2, 1, 3, 3));
    assertThat(Series.of(4, 1, 2, 3)).isEqualTo(new Series(2.5, 1, 4, 4));
    assertThatThrownBy(Series::of).hasMessageContaining("needs a reading");
  }

  @Test
  void mediansOfAllStartsAndQuotientsWithinRounds() {
    Row below = row(64, List.of(List.of(10.0, 20.0), List.of(10.0)));
    Row above = row(64, List.of(List.of(20.0, 30.0), List.of(15.0)));
    Ratio ratio = Ratio.between(above, below, Goal.atLeast(2.01));
    assertThat(ratio.value()).isEqualTo(2, within(1e-9));
    assertThat(ratio.roundMin()).isEqualTo(1.5, within(1e-9));
    assertThat(ratio.roundMax()).isEqualTo(2, within(1e-9));
    assertThat(ratio.met()).isFalse();
    assertThat(above.forkMedians()).isEqualTo(new Series(20, 15, 25, 2));
  }

  @Test
  void onlyLikeIsComparedWithLike() {
    assertThatThrownBy(() -> Ratio.between(one(64), one(1514), Goal.NONE))
        .hasMessageContaining("frameBytes=64")
        .hasMessageContaining("frameBytes=1514");
  }

  @Test
  void goalsHaveTwoSides() {
    assertThat(Goal.atLeast(2).met(2)).isTrue();
    assertThat(Goal.atLeast(2).met(1.99)).isFalse();
    assertThat(Goal.atMost(2).met(2.01)).isFalse();
    assertThat(Goal.atMost(2).met(Double.NaN)).isFalse();
    assertThat(Goal.NONE.text(1)).isEqualTo("no goal");
    assertThat(new Goal(1, 2).text(3)).isEqualTo("goal 1.00..2.00: missed");
  }

  private static Row row(int bytes, List<List<Double>> forks) {
    return new Row(
        "pvp", Map.of("frameBytes", bytes), "subject", Metric.MPPS, forks, List.of(), Goal.NONE);
  }

  private static Row one(int bytes) {
    return row(bytes, List.of(List.of(1.0)));
  }
}
