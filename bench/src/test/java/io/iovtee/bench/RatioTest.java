// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RatioTest {
  @Test
  void seriesOfOddAndEvenCounts() {
    assertThat(Series.of(3, 1, 2)).isEqualTo(new Series(2, 1, 3, 3));
    assertThat(Series.of(4, 1, 2, 3)).isEqualTo(new Series(2.5, 1, 4, 4));
  }

  @Test
  void mediansAndRounds() {
    List<Ratio> ratios =
        Ratio.of(
            List.of(
                result(Scenario.PVP, 64, Subject.TESTPMD, 10, 20, 10),
                result(Scenario.PVP, 64, Subject.COPY, 10, 10, 10),
                result(Scenario.PVP, 64, Subject.WRITE_THROUGH, 20, 30, 15)));
    assertThat(ratios)
        .extracting(Ratio::name)
        .containsExactlyInAnyOrder("write-through/copy", "write-through/testpmd", "copy/testpmd");
    Ratio gain = named(ratios, "write-through/copy");
    assertThat(gain.value()).isEqualTo(2, within(1e-9));
    assertThat(gain.roundMin()).isEqualTo(1.5, within(1e-9));
    assertThat(gain.roundMax()).isEqualTo(3, within(1e-9));
    assertThat(gain.goal()).hasValue(1.1);
    assertThat(gain.met()).isTrue();
    Ratio baseline = named(ratios, "copy/testpmd");
    assertThat(baseline.value()).isEqualTo(1, within(1e-9));
    assertThat(baseline.roundMin()).isEqualTo(0.5, within(1e-9));
    assertThat(baseline.met()).isTrue();
  }

  @Test
  void onlyLikeIsComparedWithLike() {
    assertThat(
            Ratio.of(
                List.of(
                    result(Scenario.PVP, 64, Subject.TESTPMD, 10),
                    result(Scenario.PVP, 1514, Subject.COPY, 10),
                    result(Scenario.ONEWAY, 64, Subject.COPY, 10))))
        .isEmpty();
  }

  @Test
  void missedGoal() {
    List<Ratio> ratios =
        Ratio.of(
            List.of(
                result(Scenario.PVP, 1514, Subject.COPY, 10),
                result(Scenario.PVP, 1514, Subject.WRITE_THROUGH, 19.7)));
    assertThat(ratios).singleElement().extracting(Ratio::met).isEqualTo(false);
  }

  private static Ratio named(List<Ratio> ratios, String name) {
    return ratios.stream().filter(ratio -> ratio.name().equals(name)).findFirst().orElseThrow();
  }

  private static Result result(Scenario scenario, int bytes, Subject subject, double... mpps) {
    List<Window> windows = new ArrayList<>();
    for (double rate : mpps) {
      windows.add(new Window(rate, rate, rate, 100, Double.NaN, 0, Double.NaN, 1, 1));
    }
    return new Result(scenario, bytes, subject, windows, 0);
  }
}
