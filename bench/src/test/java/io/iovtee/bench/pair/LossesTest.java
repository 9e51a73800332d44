// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.iovtee.bench.report.Row;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class LossesTest {
  /** Of 1000 frames 900 get into the switch, and 880 of these through it. */
  private static final Losses SOME = Losses.of(1000, 900, 880);

  @Test
  void eachLostFrameIsLostInOnePlace() {
    assertThat(SOME).isEqualTo(new Losses(1000, 120, 20));
    assertThat(SOME.beforeSwitchPercent()).isCloseTo(10, within(1e-12));
    assertThat(SOME.inSwitchPercent()).isCloseTo(2, within(1e-12));
  }

  @Test
  void startsAreAddedUp() {
    Losses all = Losses.NONE.plus(SOME).plus(Losses.of(3000, 3000, 3000));
    assertThat(all).isEqualTo(new Losses(4000, 120, 20));
    assertThat(all.beforeSwitchPercent()).isCloseTo(2.5, within(1e-12));
  }

  @Test
  void aShareOfNothingIsNotKnown() {
    assertThat(Losses.NONE.beforeSwitchPercent()).isNaN();
    assertThat(Losses.inLoop(3)).isEqualTo(new Losses(0, 3, 0));
    assertThat(Losses.inLoop(3).inSwitchPercent()).isNaN();
  }

  @Test
  void rowsSayWhatTheirPathCanKnow() {
    assertThat(figures(Scenario.ONEWAY, Nic.XDP, SOME))
        .containsEntry("offeredMpps", 9.0)
        .containsEntry("lostBeforeSwitchPercent", 10.0)
        .containsEntry("lostInSwitchPercent", 2.0)
        .doesNotContainKey("lostFrames");
    assertThat(figures(Scenario.PVP, Nic.XDP, Losses.inLoop(3)))
        .containsEntry("lostFrames", 3.0)
        .doesNotContainKey("offeredMpps");
    assertThat(figures(Scenario.ONEWAY, Nic.SOFT, Losses.NONE))
        .doesNotContainKeys("offeredMpps", "lostFrames", "lostInSwitchPercent");
  }

  private static Map<String, Double> figures(Scenario scenario, Nic nic, Losses losses) {
    Window window = new Window(8, 8, 9, 100, Double.NaN, Double.NaN, 0, 60, 1, 1, 0, 80);
    Case measured = new Case(scenario, nic, 64, 1, 1, 1);
    Row row = new Result(measured, Subject.COPY, List.of(List.of(window)), 0, losses).toRow();
    return row.figures().stream().collect(Collectors.toMap(f -> f.key(), f -> f.value()));
  }
}
