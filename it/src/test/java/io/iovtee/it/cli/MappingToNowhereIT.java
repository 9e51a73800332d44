// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.it.peers.MappingApi;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestSwitch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mappings of the configuration that name a queue or a port that is not there harm nobody. */
final class MappingToNowhereIT {
  private static final long WAIT_S = 60;

  @TempDir private Path directory;

  @Test
  void saysWhatIsMissingAndTheOthersGoOn() throws Exception {
    Needs.present(TestSwitch.pluginMissing());
    Path file = directory.resolve("s.yaml");
    Path socket = directory.resolve("nf1.sock");
    int http = MappingApi.freePort();
    Files.writeString(
        file,
        """
        ports:
          nic0:
            type: soft
            dma: inline
            queues: 2
            traffic: {type: generator, frame-bytes: 200, flows: 16, rate-pps: 5000}
            tx: {type: discard}
          nf1: {type: vhost-user, socket: %s}
        flows:
          - in_port=nic0,actions=output:nf1
          - in_port=nf1,actions=drop
        plugins:
          iovtee:
            http: {port: %d}
            mappings:
              - {queue: nic0/9, port: nf1, isolation: trusted, queue-pair: 1}
              - {queue: nic0/1, port: nf9, isolation: trusted}
              - {queue: nic0/0, port: nf1, isolation: trusted}
        """
            .formatted(socket, http));
    String server = "http://127.0.0.1:" + http;
    try (CliProcess vswitch =
        CliProcess.start(
            "run", "-c", file.toString(), "--plugins", TestSwitch.pluginDirectory().toString())) {
      vswitch.awaitText(" runs: 2 ports");
      vswitch.awaitText(
          "fallback (queue_absent): there is no NIC queue nic0/9; 'iovtee queue list'");
      vswitch.awaitText("fallback (port_absent): there is no guest port nf9; guest ports: [nf1]");
      try (CliProcess nf =
          CliProcess.start("nf", "--socket", socket.toString(), "--mode", "sink", "--sleep")) {
        nf.awaitText("connected: ");
        awaitWrittenThrough(server);
        assertThat(said(0, "mapping", "explain", "nic0/0", "--server", server)).contains("mapped");
        assertThat(said(0, "mapping", "explain", "nic0/1", "--server", server))
            .contains("there is no guest port nf9", "add the port");
        assertThat(said(0, "mapping", "explain", "nic0/9", "--server", server))
            .contains("there is no NIC queue nic0/9");
        assertThat(said(1, "mapping", "explain", "nic7/3", "--server", server))
            .startsWith("iovtee: there is no NIC queue nic7/3")
            .hasLineCount(1);
        assertThat(said(1, "mapping", "add", "nic0", "nf1", "--server", server)).hasLineCount(1);
        assertThat(said(0, "mapping", "add", "nic0/8", "nf8", "--server", server))
            .contains("queue_absent", "there is no NIC queue nic0/8");
      }
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
      assertThat(vswitch.err()).doesNotContain("\tat ");
    }
  }

  private static void awaitWrittenThrough(String server) throws InterruptedException {
    long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
    String all = "";
    while (!all.matches("(?s).*nic0/0[^\\n]*active.*")) {
      assertThat(System.nanoTime() - endNs).as(all).isNegative();
      all = said(0, "mapping", "list", "--server", server);
    }
  }

  /** Runs a command to its end; what it printed. */
  private static String said(int exitCode, String... arguments) throws InterruptedException {
    try (CliProcess cli = CliProcess.start(arguments)) {
      assertThat(cli.await()).as(cli.out() + cli.err()).isEqualTo(exitCode);
      return cli.out() + cli.err();
    }
  }
}
