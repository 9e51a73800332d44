// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code conf/iovtee.service}: the capabilities that it gives are enough, and none is too many. */
final class UnprivilegedSwitchIT {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final String GIVEN = "AmbientCapabilities=";

  @TempDir private Path directory;

  @BeforeAll
  static void needs() {
    Needs.present(
        PeerRequirements.networkNamespaces(),
        Files.isExecutable(SETPRIV) ? null : "setpriv is missing: apt-get install util-linux");
  }

  private static List<String> capabilities() throws IOException {
    Path unit = Path.of(System.getProperty("iovtee.root", ".."), "conf/iovtee.service");
    List<String> lines = Files.readAllLines(unit);
    String given = lines.stream().filter(line -> line.startsWith(GIVEN)).findFirst().orElseThrow();
    List<String> words = List.of(given.substring(GIVEN.length()).split(" ", -1));
    assertThat(lines).contains("CapabilityBoundingSet=" + String.join(" ", words));
    return words;
  }

  @Test
  void switchRunsWithTheCapabilitiesOfTheUnitAndWithNoneFewer() throws Exception {
    List<String> given = capabilities();
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth.create(namespace, "near0", "far0", 1);
      Path file =
          Files.writeString(
              directory.resolve("s.yaml"),
              "switch: {warm-up-ms: 0}\nports:\n  up: {type: xdp, interface: near0}\n");
      try (CliProcess cli = start(namespace, given, file)) {
        cli.awaitText("switch iovtee runs: 1 ports");
        cli.terminate();
        assertThat(cli.await()).as(cli.err()).isZero();
      }
      for (String one : given) {
        List<String> fewer = given.stream().filter(name -> !name.equals(one)).toList();
        try (CliProcess cli = start(namespace, fewer, file)) {
          assertThat(cli.await()).as("without %s: %s", one, cli.err()).isEqualTo(1);
          assertThat(cli.err()).as("without %s", one).contains(one);
        }
      }
    }
  }

  /** Root without any other capability: files stay readable whoever runs the tests. */
  private static CliProcess start(NetworkNamespace namespace, List<String> given, Path file) {
    StringBuilder sets = new StringBuilder("-all");
    for (String name : given) {
      sets.append(",+").append(name.substring("CAP_".length()).toLowerCase(Locale.ROOT));
    }
    return CliProcess.start(
        List.of(
            "ip",
            "netns",
            "exec",
            namespace.name(),
            // What a machine lets an ordinary user lock is too little for the frame buffers.
            "prlimit",
            "--memlock=65536",
            SETPRIV.toString(),
            "--inh-caps=" + sets,
            "--ambient-caps=" + sets,
            "--bounding-set=" + sets,
            "--securebits=+noroot",
            "--no-new-privs"),
        "run",
        "-c",
        file.toString());
  }
}
