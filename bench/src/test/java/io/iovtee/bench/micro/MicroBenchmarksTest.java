// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.CoreDistance;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.report.Row;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Every benchmark runs, once and for a moment: so none of them rots. */
final class MicroBenchmarksTest {
  private static List<String> names() {
    return MicroRun.named("");
  }

  private static CoreDistance noCores() {
    throw new PeerException("no figure means anything here");
  }

  /** In this JVM: what the benchmarks check of themselves is checked, no figure means anything. */
  @ParameterizedTest
  @MethodSource("names")
  void runs(String name) {
    ChainedOptionsBuilder shortest =
        new OptionsBuilder()
            .forks(0)
            .warmupIterations(0)
            .measurementIterations(1)
            .measurementTime(TimeValue.milliseconds(1))
            .param("rules", "1", "100");
    PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
    List<Row> rows = new MicroRun(shortest, MicroBenchmarksTest::noCores, nowhere).run(name);
    assertThat(rows).isNotEmpty();
    for (Row row : rows) {
      assertThat(row.parameters()).containsEntry("benchmark", MicroRun.label(name));
      assertThat(row.series().median()).isPositive();
    }
  }

  @Test
  void eachRingVerbHasOne() {
    assertThat(names().stream().map(MicroRun::label))
        .contains(
            "ReceiveVirtqueue.take",
            "ReceiveVirtqueue.translate",
            "ReceiveVirtqueue.deliver",
            "ReceiveVirtqueue.completeFrames",
            "ReceiveVirtqueue.completeAndPublishEach",
            "TransmitVirtqueue.take",
            "TransmitVirtqueue.completeAndPublish",
            "XdpRing.fill",
            "XdpRing.transmit",
            "XdpRing.receive",
            "XdpRing.complete",
            "AcrossCores.handover",
            "AcrossCores.command");
  }
}
