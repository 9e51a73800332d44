// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
        traffic: {type: generator, payload: test-frame, frame-bytes: 200, flows: 4, rate-pps: 1000}
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
      try (CliProcess kept = nf("nf1");
          CliProcess gone = nf("nf2")) {
        kept.awaitText("connected: ");
        gone.awaitText("connected: ");
        Files.writeString(
            file,
            configuration(
                "nf3: {type: vhost-user, socket: " + socket("nf3") + "}",
                "- in_port=nf3,actions=output:nf1"));
        hangUp(vswitch);
        vswitch.awaitText("reload: port nf2 removed");
        vswitch.awaitText("reload: port nf3 added");
        vswitch.awaitText("reload: 2 rules instead of 1");
        gone.awaitText("trying again");
        assertThat(socket("nf2")).doesNotExist();
        assertThat(socket("nf3")).exists();

        Files.writeString(file, "ports: {nf1: {type: vhost-usr}}");
        hangUp(vswitch);
        vswitch.awaitText("'vhost-usr' is not one of soft, xdp, vhost-user");
        Files.writeString(file, "ports: [");
        hangUp(vswitch);
        vswitch.awaitText("not YAML");

        Thread.sleep(1000); // frames after the changes
        kept.terminate();
        assertThat(kept.await()).as(kept.err()).isZero();
        assertThat(kept.out()).doesNotContain("has gone", "trying again");
        assertThat(counter(kept, "connections")).isEqualTo(1);
        assertThat(counter(kept, "good")).as(kept.out()).isGreaterThan(500);
        assertThat(counter(kept, "missing")).as(kept.out()).isZero();
        assertThat(counter(kept, "corrupt") + counter(kept, "reordered")).isZero();
      }
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
      assertThat(vswitch.err()).doesNotContain("\tat ");
    }
  }

  private CliProcess nf(String port) {
    return CliProcess.start(
        "nf",
        "--socket",
        socket(port).toString(),
        "--mode",
        "sink",
        "--sleep",
        "--verify",
        "--flows",
        "4",
        "--counters");
  }

  private static void hangUp(CliProcess process) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-HUP", String.valueOf(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private static long counter(CliProcess nf, String name) {
    Matcher matcher = Pattern.compile("counters .*\\b" + name + "=(\\d+)").matcher(nf.out());
    assertThat(matcher.find()).as(name + " in " + nf.out()).isTrue();
    return Long.parseLong(matcher.group(1));
  }
}
