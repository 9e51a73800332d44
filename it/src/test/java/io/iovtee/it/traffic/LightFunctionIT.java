// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.traffic;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.bench.light.LightCounts;
import io.iovtee.bench.light.LightProcess;
import io.iovtee.it.peers.TestSwitch;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The light network function of {@code iovtee bench pvp --nf light} sends back all that it gets, on
 * each of its ports, with MAC addresses swapped. Needs no root and no huge pages.
 */
final class LightFunctionIT {
  private static final int QUEUE_SIZE = 256;

  /** Several times around the rings. */
  private static final long FRAMES_MIN = 20L * QUEUE_SIZE;

  @TempDir private Path directory;

  /** Frames come back by rules that look at the addresses that only swapped frames have. */
  @Test
  void eachPortGetsItsFramesAndSendsThemBackSwapped() {
    String configuration =
        """
        switch: {name: it}
        loops: [{}]
        ports:
          nic0: {type: soft, dma: inline, queues: 2, tx: {type: discard}, traffic:
            {type: "null", frame-bytes: 128, copy: true, dl-src: "02:00:00:00:00:01",
             dl-dst: "02:00:00:00:00:11-02:00:00:00:00:12"}}
          nf0: {type: vhost-user, socket: "%s"}
          nf1: {type: vhost-user, socket: "%s"}
        flows:
          - "in_port=nic0,dl_dst=02:00:00:00:00:11,actions=output:nf0"
          - "in_port=nic0,dl_dst=02:00:00:00:00:12,actions=output:nf1"
          - "in_port=nf0,dl_src=02:00:00:00:00:11,dl_dst=02:00:00:00:00:01,actions=output:nic0"
          - "in_port=nf1,dl_src=02:00:00:00:00:12,dl_dst=02:00:00:00:00:01,actions=output:nic0"
        """
            .formatted(directory.resolve("nf0.sock"), directory.resolve("nf1.sock"));
    try (TestSwitch vswitch = TestSwitch.start(configuration);
        LightProcess light =
            LightProcess.start(
                "it",
                0,
                QUEUE_SIZE,
                false,
                List.of(directory.resolve("nf0.sock"), directory.resolve("nf1.sock")))) {
      LightCounts before = light.counts();
      TestSwitch.await(
          () ->
              Math.min(vswitch.input("nf0", 0).frames(), vswitch.input("nf1", 0).frames())
                  >= FRAMES_MIN,
          () -> vswitch.vswitch().stats().inputs().toString());

      LightCounts now = light.counts();
      assertThat(now.silentPorts()).isZero();
      assertThat(now.returned()).isGreaterThanOrEqualTo(2 * FRAMES_MIN);
      assertThat(now.mppsSince(before)).isPositive();
      assertThat(now.nsPerFrameSince(before)).isPositive();
      for (String port : List.of("nf0", "nf1")) {
        assertThat(vswitch.input(port, 0).dropReasons().values()).as(port).allMatch(n -> n == 0);
      }
      assertThat(sentByNic(vswitch)).isGreaterThanOrEqualTo(2 * FRAMES_MIN);
    }
  }

  private static long sentByNic(TestSwitch vswitch) {
    return vswitch.vswitch().stats().outputs().stream()
        .filter(output -> output.port().equals("nic0"))
        .mapToLong(OutputStats::frames)
        .sum();
  }
}
