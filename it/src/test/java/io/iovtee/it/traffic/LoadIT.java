// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.bench.load.LoadProcess;
import io.iovtee.bench.load.TrialResult;
import io.iovtee.bench.vswitch.JavaSwitch;
import io.iovtee.bench.vswitch.StatsLine;
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

  /** Until a mapping is in force; each takes an eighth of a second. */
  private static final int TRIALS_MAX = 200;

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

  /** What {@code bench ndr} and {@code bench latency} with {@code --path nic} are made of. */
  @ParameterizedTest(name = "{0} bytes, {1} frames/s, {2}")
  @CsvSource({
    "60, 20000, copy, false",
    "imix, 100000, copy, true",
    "60, 20000, write-through, true",
    "imix, 100000, write-through, false",
    "1514, 0, write-through, false"
  })
  void everyFrameFromTheNicIsAccountedFor(
      String mix, double framesPerSecond, String subject, boolean whole) {
    boolean plugin = subject.equals("write-through");
    assumeTrue(!plugin || TestSwitch.pluginMissing() == null, TestSwitch.pluginMissing());
    try (JavaSwitch vswitch = JavaSwitch.start(fedSwitch(plugin));
        LoadProcess generator =
            LoadProcess.start(
                new LoadProcess.Setup(
                    "it", 0, QUEUE_SIZE, false, null, directory.resolve("nf0.sock")))) {
      vswitch.feed("nic0", QUEUE_SIZE, whole, generator.wire());
      StatsLine before = vswitch.stats();
      if (plugin) {
        before = awaitWriteThrough(vswitch, generator);
      }

      TrialResult result = generator.run(mix, framesPerSecond, TRIAL_MS);

      StatsLine after = vswitch.stats();
      long taken = result.offered() - result.refused();
      long seen = after.nicFrames() - before.nicFrames();
      assertThat(result.received()).as("%s", result).isPositive().isLessThanOrEqualTo(seen);
      assertThat(seen).as("%s", result).isLessThanOrEqualTo(taken + 200);
      if (!plugin) {
        assertThat(after.copiedBytes() - before.copiedBytes())
            .as("%s", result)
            .isGreaterThanOrEqualTo(60 * result.received());
      }
      assertThat(result.duplicated() + result.reordered() + result.late() + result.foreign())
          .as("%s", result)
          .isZero();
      assertThat(result.lost()).isEqualTo(result.offered() - result.received());
    }
  }

  private JavaSwitch.Setup fedSwitch(boolean plugin) {
    String mapping = "{queue: nic0/0, port: nf0, isolation: trusted, mode: \"on\"}";
    String configuration =
        """
        switch: {name: it}
        loops: [{}]
        ports:
          nic0: {type: soft, dma: inline, ring-size: %d}
          nf0: {type: vhost-user, socket: "%s"}
        flows: ["in_port=nic0,actions=output:nf0"]
        %s
        """
            .formatted(
                QUEUE_SIZE,
                directory.resolve("nf0.sock"),
                plugin ? "plugins: {iovtee: {http: {port: 0}, mappings: [" + mapping + "]}}" : "");
    return new JavaSwitch.Setup("it", List.of(0, 1), List.of(), configuration, plugin, directory);
  }

  /**
   * Trials until nothing of one is copied; answers the counters behind it. Later some may be again:
   * on a busy machine a guest may have no buffer posted.
   */
  private static StatsLine awaitWriteThrough(JavaSwitch vswitch, LoadProcess generator) {
    StatsLine before = vswitch.stats();
    for (int i = 0; i < TRIALS_MAX; i++) {
      generator.run("60", 20_000, 50);
      StatsLine after = vswitch.stats();
      if (after.copiedBytes() == before.copiedBytes() && after.nicFrames() > before.nicFrames()) {
        return after;
      }
      before = after;
    }
    throw new AssertionError("still copied: " + before);
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
