// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.SwitchStats;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class StatsLineTest {
  @Test
  void statisticsCrossTheProcessBorder() {
    SwitchStats stats =
        new SwitchStats(
            1,
            List.of(input("nic0", false, 100, 6400), input("nf0", true, 40, 2560)),
            List.of(),
            List.of(loop(7, 5), loop(70, 50)));
    StatsLine line = StatsLine.of(stats);
    assertThat(StatsLine.parse(line.format() + "\n")).isEqualTo(line);
    assertThat(line.receivedFrames()).isEqualTo(140);
    assertThat(line.nicFrames()).isEqualTo(100);
    assertThat(line.copiedBytes()).as("of NIC inputs only").isEqualTo(6400);
    assertThat(line.dutyCycles()).isEqualTo(2);
    assertThat(line.busyNs()).isEqualTo(77);
    assertThat(line.emulationNs()).isEqualTo(55);
  }

  @Test
  void missingCounterIsAnError() {
    assertThatThrownBy(() -> StatsLine.parse("stats receivedFrames=1"))
        .hasMessageContaining("no nicFrames");
  }

  private static SwitchStats.InputStats input(
      String port, boolean guest, long frames, long copied) {
    return new SwitchStats.InputStats(
        port, 0, guest, frames, 0, Map.of(), Map.of(), Map.of(), copied, Map.of(), Map.of());
  }

  private static SwitchStats.LoopStats loop(long busyNs, long emulationNs) {
    return new SwitchStats.LoopStats(
        "loop", 1, 1, busyNs, emulationNs, 3, 11, 0, 0, 0, 0, SwitchStats.PauseStats.NONE, 0);
  }
}
