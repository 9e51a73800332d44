// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files of rules change while frames of another rule flow: not one of these is lost, whether the
 * switch looks by itself or is told by SIGHUP.
 */
final class FlowsDirectoryIT {
  private static final int CHANGES = 4;

  @TempDir private Path directory;

  private void configure(boolean watch) throws IOException {
    Files.createDirectory(directory.resolve("flows.d"));
    Files.writeString(
        directory.resolve("s.yaml"),
        """
        ports:
          nic0:
            type: soft
            dma: inline
            traffic: {type: generator, payload: test-frame, frame-bytes: 200, flows: 4,
              rate-pps: 100, backpressure: true}
            tx: {type: discard}
          nf1: {type: vhost-user, socket: %s}
        flows: ["in_port=nic0,actions=output:nf1"]
        flows-directory: flows.d
        flows-directory-watch: %b
        """
            .formatted(directory.resolve("nf1.sock"), watch));
  }

  /** Writes the file; a switch that does not look by itself is told. */
  private void rules(CliProcess vswitch, boolean watch, String text)
      throws IOException, InterruptedException {
    Files.writeString(directory.resolve("flows.d/more.flows"), text);
    if (!watch) {
      vswitch.hangUp();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void noFrameOfAnUnchangedRuleIsLost(boolean watch) throws Exception {
    configure(watch);
    String file = directory.resolve("s.yaml").toString();
    try (CliProcess vswitch = CliProcess.start("run", "-c", file)) {
      vswitch.awaitText(" runs: 2 ports, 1 rules");
      try (CliProcess nf = CliProcess.startCheckingNf(directory.resolve("nf1.sock"), 4)) {
        nf.awaitText("connected: ");
        String how = watch ? "flows-directory: " : "reload: ";
        for (int i = 1; i <= CHANGES; i++) {
          // Rules above the one that works, each time with other fields to look at.
          rules(
              vswitch,
              watch,
              "priority=40000,tcp,tp_dst=%d/0xff0%d,actions=drop\n".formatted(i, i)
                  + "priority=7,in_port=nf1,actions=output:nic0\n"
                  + "priority=5,arp,actions=drop\n".repeat(i % 2));
          vswitch.awaitText(how + (3 + i % 2) + " rules instead of ");
          awaitCount(vswitch, " rules instead of ", i);
        }
        int errors = count(vswitch, "more.flows:2:12");
        rules(
            vswitch,
            watch,
            "priority=7,in_port=nf1,actions=output:nic0\npriority=5,ud"); // half a file
        awaitCount(vswitch, "more.flows:2:12", errors + 1);
        assertThat(count(vswitch, " rules instead of ")).as("nothing changed").isEqualTo(CHANGES);
        rules(
            vswitch,
            watch,
            "priority=7,in_port=nf1,actions=output:nic0\npriority=5,udp,actions=drop\n");
        awaitCount(vswitch, " rules instead of ", CHANGES + 1);
        Thread.sleep(2000); // frames after the changes
        nf.terminate();
        assertThat(nf.await()).as(nf.err()).isZero();
        assertThat(nf.counter("good")).as(nf.out()).isGreaterThan(100);
        assertThat(nf.counter("missing")).as(nf.out()).isZero();
        assertThat(nf.counter("corrupt") + nf.counter("reordered")).isZero();
      }
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
      assertThat(vswitch.err()).doesNotContain("\tat ");
    }
  }

  private static int count(CliProcess process, String text) {
    return (process.out() + process.err()).split(Pattern.quote(text), -1).length - 1;
  }

  private static void awaitCount(CliProcess process, String text, int wanted)
      throws InterruptedException {
    for (int i = 0; count(process, text) < wanted; i++) {
      assertThat(i).as("%s in %s%s", text, process.out(), process.err()).isLessThan(1200);
      Thread.sleep(100);
    }
  }
}
