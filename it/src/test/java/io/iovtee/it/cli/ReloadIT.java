// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGHUP carries out what changed in the file, and nothing else. */
final class ReloadIT {
  private static final String RULE = "  - in_port=nic0,actions=output:nf1\n";

  @TempDir private Path directory;

  private String configuration(String ports, String rules) {
    return """
    ports:
      nic0:
        type: soft
        dma: inline
        traffic: {type: generator, payload: test-frame, frame-bytes: 200, flows: 4,
          rate-pps: 100, backpressure: true}
        tx: {type: discard}
      nf1: {type: vhost-user, socket: %s}
    %s
    flows:
    %s
    """
        .formatted(socket("nf1"), ports.indent(2).stripTrailing(), RULE + rules.indent(2));
  }

  private Path socket(String port) {
    return directory.resolve(port + ".sock");
  }

  @Test
  void unchangedPortKeepsItsConnectionAndItsTraffic() throws Exception {
    Path file = directory.resolve("s.yaml");
    Files.writeString(
        file, configuration("nf2: {type: vhost-user, socket: " + socket("nf2") + "}", ""));
    try (CliProcess vswitch = CliProcess.start("run", "-c", file.toString())) {
      vswitch.awaitText(" runs: 3 ports");
      try (CliProcess kept = CliProcess.startCheckingNf(socket("nf1"), 4);
          CliProcess gone = CliProcess.startCheckingNf(socket("nf2"), 4)) {
        kept.awaitText("connected: ");
        gone.awaitText("connected: ");
        Files.writeString(
            file,
            configuration(
                "nf3: {type: vhost-user, socket: " + socket("nf3") + "}",
                "- in_port=nf3,actions=output:nf1"));
        vswitch.hangUp();
        vswitch.awaitText("reload: port nf2 removed");
        vswitch.awaitText("reload: port nf3 added");
        vswitch.awaitText("reload: 2 rules instead of 1");
        gone.awaitText("trying again");
        assertThat(socket("nf2")).doesNotExist();
        assertThat(socket("nf3")).exists();

        Files.writeString(file, "ports: {nf1: {type: vhost-usr}}");
        vswitch.hangUp();
        vswitch.awaitText("'vhost-usr' is not one of soft, xdp, vhost-user");
        Files.writeString(file, "ports: [");
        vswitch.hangUp();
        vswitch.awaitText("not YAML");

        Thread.sleep(2000); // frames after the changes
        kept.terminate();
        assertThat(kept.await()).as(kept.err()).isZero();
        assertThat(kept.out()).doesNotContain("has gone", "trying again");
        assertThat(kept.counter("connections")).isEqualTo(1);
        assertThat(kept.counter("good")).as(kept.out()).isGreaterThan(100);
        assertThat(kept.counter("missing")).as(kept.out()).isZero();
        assertThat(kept.counter("corrupt") + kept.counter("reordered")).isZero();
      }
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
      assertThat(vswitch.err()).doesNotContain("\tat ");
    }
  }
}
