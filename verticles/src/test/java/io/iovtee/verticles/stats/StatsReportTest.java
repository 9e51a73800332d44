// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.LoopStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.api.SwitchStats.PauseStats;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Rates between two readings. */
final class StatsReportTest {
  private static SwitchStats reading(long timeNs, long frames, long busyNs, long idleNs) {
    return new SwitchStats(
        timeNs,
        List.of(
            new InputStats(
                "uplink",
                0,
                false,
                frames,
                frames * 100,
                Map.of("copied", frames),
                Map.of(),
                Map.of(),
                frames * 100,
                Map.of(),
                Map.of())),
        List.of(new OutputStats("nf1", frames, frames * 100, 0)),
        List.of(
            new LoopStats("loop-0", 0, 1, busyNs, 0, idleNs, 0, 0, 0, 0, 0, PauseStats.NONE, 0)));
  }

  @Test
  void dividesDifferencesByTheTimeBetween() {
    StatsReport report =
        new StatsReport(
            0,
            reading(3_000_000_000L, 500, 750, 250),
            Optional.of(reading(1_000_000_000L, 100, 0, 0)));
    assertThat(report.seconds()).isEqualTo(2.0);
    StatsReport.InputRate rate = report.inputRates().get("nic:uplink/0");
    assertThat(rate.frames()).isEqualTo(200.0);
    assertThat(rate.bytes()).isEqualTo(20_000.0);
    assertThat(rate.copiedBytes()).isEqualTo(20_000.0);
    assertThat(rate.outcomes()).containsEntry("copied", 200.0);
    assertThat(report.outputRates().get("nf1").frames()).isEqualTo(200.0);
    assertThat(report.loopLoads()).containsEntry("loop-0", 0.75);
  }

  @Test
  void hasNoRatesAtTheFirstReadingOrWithoutTime() {
    SwitchStats one = reading(5, 100, 1, 1);
    assertThat(new StatsReport(0, one, Optional.empty()).inputRates()).isEmpty();
    assertThat(new StatsReport(0, one, Optional.of(one)).inputRates()).isEmpty();
    assertThat(new StatsReport(0, one, Optional.of(one)).outputRates()).isEmpty();
    assertThat(new StatsReport(0, one, Optional.of(one)).loopLoads()).containsEntry("loop-0", 0.0);
  }

  @Test
  void aQueueThatWasMadeAnewHasNoRateYet() {
    StatsReport report =
        new StatsReport(
            0, reading(2_000_000_000L, 5, 0, 0), Optional.of(reading(1_000_000_000L, 100, 0, 0)));
    assertThat(report.inputRates()).isEmpty();
  }
}
