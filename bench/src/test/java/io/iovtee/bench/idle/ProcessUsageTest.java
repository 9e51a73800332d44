// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.iovtee.bench.peer.PeerProcess;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProcessUsageTest {
  private static final ThreadUsage LOOP = new ThreadUsage("iovtee-loop0", 5_000_000, 100, 7);
  private static final ThreadUsage TIMER = new ThreadUsage("VM Periodic Tas", 400, 40, 4);

  private final ProcessUsage before = new ProcessUsage(1_000_000_000, Map.of(1, LOOP, 2, TIMER));

  @Test
  void differencesOfEachThreadOverTheWindow() {
    ProcessUsage after =
        new ProcessUsage(
            3_000_000_000L,
            Map.of(
                1, new ThreadUsage("iovtee-loop0", 15_000_000, 122, 9),
                2, new ThreadUsage("VM Periodic Tas", 30_000_400, 120, 5)));
    IdleWindow window = after.since(before);
    assertThat(window.elapsedNs()).isEqualTo(2_000_000_000);
    assertThat(window.ended()).isZero();
    assertThat(window.cpuPercent()).isEqualTo(2.0, within(1e-9));
    assertThat(window.wakeUpsPerSecond()).isEqualTo(51);
    assertThat(window.preemptionsPerSecond()).isEqualTo(1.5);
    IdleWindow loops = window.of("iovtee-loop");
    assertThat(loops.cpuPercent()).isEqualTo(0.5, within(1e-9));
    assertThat(loops.wakeUpsPerSecond()).isEqualTo(11);
    assertThat(window.busiest()).isEqualTo("VM Periodic Tas 1.50 % 40/s, iovtee-loop0 0.50 % 11/s");
  }

  @Test
  void aNewThreadCountsFromItsStart() {
    ThreadUsage compiler = new ThreadUsage("C2 CompilerThre", 20_000_000, 10, 1);
    ProcessUsage after = new ProcessUsage(2_000_000_000, Map.of(1, LOOP, 2, TIMER, 3, compiler));
    IdleWindow window = after.since(before);
    assertThat(window.cpuPercent()).isEqualTo(2.0, within(1e-9));
    assertThat(window.ended()).isZero();
  }

  @Test
  void aThreadThatEndedIsTold() {
    assertThat(new ProcessUsage(2_000_000_000, Map.of(1, LOOP)).since(before).ended()).isEqualTo(1);
  }

  /** A process that sleeps wakes as often as it says, and one that spins never goes to sleep. */
  @Test
  void realThreads() throws InterruptedException {
    try (PeerProcess spinner =
        PeerProcess.start("spinner", List.of("sh", "-c", "while :; do :; done"))) {
      ProcessUsage first = ProcessUsage.of(spinner.pid());
      IdleWindow window = first.since(first);
      while (window.threads().getFirst().onCpuNs() == 0) {
        Thread.sleep(10);
        window = ProcessUsage.of(spinner.pid()).since(first);
      }
      assertThat(window.cpuPercent()).isPositive();
      assertThat(window.busiest()).startsWith("sh ");
    }
    try (PeerProcess sleeper =
        PeerProcess.start("sleeper", List.of("sh", "-c", "while :; do sleep 0.01; done"))) {
      ProcessUsage first = ProcessUsage.of(sleeper.pid());
      IdleWindow window = first.since(first);
      while (window.threads().getFirst().sleeps() < 3) {
        Thread.sleep(10);
        window = ProcessUsage.of(sleeper.pid()).since(first);
      }
      assertThat(window.wakeUpsPerSecond()).isPositive();
    }
  }
}
