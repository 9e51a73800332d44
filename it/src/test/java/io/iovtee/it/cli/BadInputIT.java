// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.it.peers.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong input gets one line that says where and what, an exit code, and no stack trace. */
final class BadInputIT {
  private static final String QUIET_NIC =
      "  nic0: {type: soft, dma: inline, tx: {type: discard}}\n";

  @TempDir private Path directory;
  private Path file = Path.of("");

  @BeforeEach
  void file() {
    file = directory.resolve("s.yaml");
  }

  @Test
  void unknownKey() throws Exception {
    assertThat(refusal("switch:\n  name: s1\n  pol-chunks: 1024\n"))
        .startsWith("iovtee: " + file + ":3: switch.pol-chunks: unknown key")
        .contains("pool-chunks");
  }

  @Test
  void malformedYaml() throws Exception {
    assertThat(refusal("ports:\n  nic0: {type: soft\n  nf1: 3\n"))
        .startsWith("iovtee: " + file + ":3:6: not YAML:");
  }

  @Test
  void ruleSyntax() throws Exception {
    assertThat(refusal("ports:\n" + QUIET_NIC + "flows:\n  - in_port=nic0,actions=outptu:nic0\n"))
        .startsWith("iovtee: " + file + ":4: flows: line 1, column 22: ")
        .contains("outptu");
  }

  @Test
  void ruleForPortThatDoesNotExist() throws Exception {
    assertThat(refusal("ports:\n" + QUIET_NIC + "flows:\n  - in_port=nic0,actions=output:nf9\n"))
        .startsWith("iovtee: " + file + ":4: flows: no such port: port=nf9, rule=in_port=nic0")
        .contains("ports here: nic0");
  }

  @Test
  void interfaceThatDoesNotExist() throws Exception {
    Needs.present(io.iovtee.bench.peer.PeerRequirements.networkNamespaces());
    assertThat(refusal("ports:\n  up: {type: xdp, interface: nosuch0}\n"))
        .startsWith("iovtee: " + file + ":2: ports.up: ")
        .contains("nosuch0");
  }

  @Test
  void noCapabilities() throws Exception {
    Path setpriv = Path.of("/usr/bin/setpriv");
    Needs.present(
        Files.isExecutable(setpriv) ? null : "setpriv is missing: apt-get install util-linux");
    Files.writeString(file, "ports:\n  up: {type: xdp, interface: lo}\n");
    String line =
        refusal(List.of(setpriv.toString(), "--bounding-set", "-all", "--inh-caps", "-all"));
    assertThat(line).startsWith("iovtee: " + file + ":2: ports.up: ").contains("CAP_NET_ADMIN");
  }

  @Test
  void socketPathInUse() throws Exception {
    Path socket = Files.createFile(directory.resolve("nf1.sock"));
    assertThat(refusal("ports:\n  nf1: {type: vhost-user, socket: " + socket + "}\n"))
        .contains("in use", "path=" + socket, "port=nf1");
    assertThat(socket).as("not ours to remove").exists();
  }

  @Test
  void socketPathTooLong() throws Exception {
    Path socket = directory.resolve("n".repeat(108));
    assertThat(refusal("ports:\n  nf1: {type: vhost-user, socket: " + socket + "}\n"))
        .contains("107 bytes", "path=" + socket, "port=nf1");
  }

  @Test
  void noConfiguration() throws Exception {
    assertThat(refusal(List.of())).startsWith("iovtee: " + file + ": no such file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run --no-such-option", "frobnicate", "nf", "flow add"})
  void wrongUsageIsExitCode2(String arguments) throws Exception {
    try (CliProcess cli = CliProcess.start(arguments.split(" ", -1))) {
      assertThat(cli.await()).as(cli.err()).isEqualTo(2);
      assertThat(cli.out()).isEmpty();
      assertThat(cli.err()).isNotBlank().doesNotContain("\tat ");
    }
  }

  @Test
  void noSwitchAnswers() throws Exception {
    try (CliProcess cli =
        CliProcess.start("port", "list", "--server", "http://127.0.0.1:" + closedPort())) {
      assertThat(cli.await()).isEqualTo(1);
      assertThat(cli.err()).startsWith("iovtee: no switch answers at ").hasLineCount(1);
    }
  }

  private static int closedPort() throws IOException {
    try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Whether the machine has huge pages or not: small ones take over. */
  @Test
  void triesHugePagesAndEndsWithExitCode0() throws Exception {
    Files.writeString(file, "switch: {pool-chunks: 16384, huge-pages: true}\nports:\n" + QUIET_NIC);
    try (CliProcess cli = CliProcess.start("run", "-c", file.toString())) {
      cli.awaitText("switch iovtee runs: 1 ports");
      cli.terminate();
      assertThat(cli.await()).as(cli.err()).isZero();
      assertThat(cli.err()).doesNotContain("\tat ");
    }
  }

  private String refusal(String text) throws Exception {
    Files.writeString(file, text);
    return refusal(List.of());
  }

  /** The one line on stderr, exit code 1. */
  private String refusal(List<String> wrapper) throws Exception {
    try (CliProcess cli = CliProcess.start(wrapper, "run", "-c", file.toString())) {
      assertThat(cli.await()).as(cli.err()).isEqualTo(1);
      assertThat(cli.out()).isEmpty();
      assertThat(cli.err().lines()).as(cli.err()).hasSize(1);
      return cli.err();
    }
  }
}
