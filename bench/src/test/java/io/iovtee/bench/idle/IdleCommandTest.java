// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class IdleCommandTest {
  private static final Set<IdlePort> SOFT = EnumSet.of(IdlePort.SOFT_INLINE);

  @Test
  void windowsInWhichAThreadEndedAreRepeated() {
    Iterator<IdleWindow> windows =
        List.of(window(5, 0), window(1, 1), window(6, 0), window(7, 0)).iterator();
    List<IdleWindow> counted = IdleCommand.windows(2, windows::next);
    assertThat(counted).extracting(IdleWindow::cpuPercent).containsExactly(5.0, 6.0);
    assertThat(windows.next().cpuPercent()).isEqualTo(7.0);
  }

  @Test
  void givesUpWhenThreadsEndAllTheTime() {
    List<IdleWindow> taken = new ArrayList<>();
    assertThatThrownBy(() ->
            IdleCommand.windows(
                1,
                () -> {
                  taken.add(window(5, 1));
                  return taken.getLast();
                }))
        .hasMessageContainingAll("20 windows", "--window-seconds");
    assertThat(taken).hasSize(IdleCommand.REJECTIONS_MAX);
  }

  @Test
  void oursHasAGoalAndItsLoopApart() {
    Map<String, Object> ours = json(Cell.SOFT_INLINE, SOFT, List.of(3.0, 1.0, 2.5));
    assertThat(ours)
        .containsEntry("scenario", "idle")
        .containsEntry("ports", "soft-inline")
        .containsEntry("subject", "ours")
        .containsEntry("cpuPercentMedian", 2.5)
        .containsEntry("cpuPercentMin", 1.0)
        .containsEntry("cpuPercentMax", 3.0)
        .containsEntry("loopPercent", 2.0)
        .containsEntry("wakeUpsPerSecond", 30L)
        .containsEntry("loopWakeUpsPerSecond", 10L)
        .containsEntry("preemptionsPerSecond", 3L)
        .containsEntry("threads", 2L)
        .containsEntry("goalMax", 2.0)
        .containsEntry("met", false);
  }

  @Test
  void thePeerHasNoGoal() {
    assertThat(json(Cell.TESTPMD, EnumSet.noneOf(IdlePort.class), List.of(100.0)))
        .containsEntry("ports", "null+vhost")
        .containsEntry("subject", "testpmd")
        .doesNotContainKey("met");
  }

  @Test
  void aSwitchWithoutALoopIsNotMeasured() {
    assertThatThrownBy(
            () -> IdleCommand.row(Cell.SOFT_INLINE, SOFT, "rte-worker", List.of(window(1, 0))))
        .hasMessageContainingAll("no thread rte-worker", "loop0");
  }

  /** The loop takes four fifths of the process's time and a third of its wake-ups. */
  private static IdleWindow window(double percent, int ended) {
    long ns = Math.round(percent * 1e7);
    return new IdleWindow(
        1_000_000_000,
        List.of(
            new ThreadUsage("loop0", ns * 4 / 5, 10, 1), new ThreadUsage("other", ns / 5, 20, 2)),
        ended);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> json(Cell cell, Set<IdlePort> ports, List<Double> percents) {
    Stream<IdleWindow> windows = percents.stream().map(percent -> window(percent, 0));
    Row row = IdleCommand.row(cell, ports, "loop", windows.toList());
    Report report = new Report(new Environment(), Map.of(), List.of(row), List.of(), "");
    return ((List<Map<String, Object>>) report.toMap().get("results")).getFirst();
  }
}
