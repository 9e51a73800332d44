// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.bench.load.LoadProcess;
import io.iovtee.bench.load.TrialResult;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.it.peers.TestSwitch;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The load generator of {@code iovtee bench} and the switch agree on every frame, whatever the
 * machine takes from either of them meanwhile. Needs no root and no huge pages.
 */
final class LoadIT {
  private static final int TRIAL_MS = 300;

  private static final int QUEUE_SIZE = 256;

  @TempDir private Path directory;

  private TestSwitch start() {
    return TestSwitch.start(
        """
        switch: {name: it}
        loops: [{}]
        ports:
          nf0: {type: vhost-user, socket: "%s"}
          nf1: {type: vhost-user, socket: "%s"}
        flows: ["in_port=nf0,actions=output:nf1", "in_port=nf1,actions=output:nf0"]
        """
            .formatted(directory.resolve("nf0.sock"), directory.resolve("nf1.sock")));
  }

  private LoadProcess generator() {
    return LoadProcess.start(
        new LoadProcess.Setup(
            "it",
            0,
            QUEUE_SIZE,
            false,
            directory.resolve("nf0.sock"),
            directory.resolve("nf1.sock")));
  }

  @ParameterizedTest(name = "{0} bytes, {1} frames/s")
  @CsvSource({"60, 20000", "imix, 100000", "1514, 0"})
  void everyFrameIsAccountedFor(String mix, double framesPerSecond) {
    try (TestSwitch vswitch = start();
        LoadProcess generator = generator()) {
      vswitch.awaitGuest("nf0");
      vswitch.awaitGuest("nf1");

      TrialResult result = generator.run(mix, framesPerSecond, TRIAL_MS);

      InputStats in = vswitch.input("nf0", 0);
      OutputStats out =
          vswitch.vswitch().stats().outputs().stream()
              .filter(output -> output.port().equals("nf1"))
              .findFirst()
              .orElseThrow();
      long leadIn = in.frames() - (result.offered() - result.refused());
      assertThat(result.offered()).as("%s", result).isPositive();
      assertThat(leadIn).as("frames before the trial: %s", result).isBetween(1L, 200L);
      assertThat(in.frames()).isEqualTo(out.frames() + out.dropped());
      assertThat(result.received() + result.stale())
          .as("%s, %s", result, out)
          .isBetween(out.frames() - leadIn, out.frames());
      assertThat(result.duplicated() + result.reordered() + result.late() + result.foreign())
          .as("%s", result)
          .isZero();
      assertThat(result.lost()).isEqualTo(result.offered() - result.received());
    }
  }

  /** What {@code bench latency --gc} asks of a switch under load. */
  @Test
  void theSwitchUnderTestCollectsWhenAsked() {
    try (JavaSwitch vswitch =
        JavaSwitch.start(
            new JavaSwitch.Setup(
                "it",
                List.of(0),
                List.of(),
                "switch: {name: it}\nports: {}\n",
                false,
                directory))) {
      assertThat(vswitch.collect()).isPositive();
      assertThat(vswitch.stats().receivedFrames()).isZero();
    }
  }
}
