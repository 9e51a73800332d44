// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.Needs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A NIC that goes away under a mapping and comes back, as an operator sees it. */
final class InterfaceGoneIT {
  /** Each asks the switch by a JVM of its own. */
  private static final int TRIES = 60;

  @TempDir private Path directory;
  private String server = "";

  @BeforeAll
  static void needs() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  private String out(String... arguments) throws InterruptedException {
    List<String> words = new ArrayList<>(List.of(arguments));
    words.addAll(List.of("--server", server));
    try (CliProcess process = CliProcess.start(words.toArray(String[]::new))) {
      assertThat(process.await()).as(process.err()).isZero();
      return process.out();
    }
  }

  private void awaitMapping(String state) throws InterruptedException {
    String last = "";
    for (int i = 0; i < TRIES && !last.contains(state); i++) {
      last = out("mapping", "list");
    }
    assertThat(last).contains(state);
  }

  @Test
  void portOfADeletedInterfaceOpensAgainByItselfOrByHandAndIsMapped() throws Exception {
    Path socket = directory.resolve("nf1.sock");
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth.create(namespace, "near0", "far0", 1);
      Path file = Files.writeString(directory.resolve("s.yaml"), config(namespace, socket));
      try (CliProcess vswitch =
              CliProcess.startWithPlugin(List.of(), "run", "-c", file.toString());
          CliProcess nf = CliProcess.start("nf", "--socket", socket.toString(), "--sleep")) {
        vswitch.awaitText("port uplink: link up: carrier on near0");
        vswitch.awaitText("active (lending)");
        server = vswitch.awaitServer();
        assertThat(nf.isAlive()).isTrue();

        namespace.ip("link", "del", "near0");
        vswitch.awaitText("port uplink: interface is gone: near0; the port opens by itself when");
        awaitMapping("interface_gone");
        assertThat(out("mapping", "explain", "uplink/0"))
            .contains(
                "copied: interface_gone",
                "the interface of port uplink is gone",
                "the port opens by itself");
        assertThat(out("port", "list"))
            .containsPattern("uplink +1 +xdp +down +0 +interface is gone");

        Veth.create(namespace, "near0", "far0", 1);
        vswitch.awaitText("port uplink: its interface is back, the port is open again");
        awaitMapping("active");

        namespace.ip("link", "del", "near0");
        awaitMapping("interface_gone");
        assertThat(out("port", "remove", "uplink")).isEqualTo("removed port uplink\n");
        awaitMapping("queue_absent");
        Veth.create(namespace, "near0", "far0", 1);
        String netns = "netns=" + namespace.name();
        out("port", "add", "uplink", "type=xdp", "interface=near0", netns, "queues=1");
        awaitMapping("active");
        vswitch.terminate();
        assertThat(vswitch.await()).as(vswitch.err()).isZero();
        assertThat(vswitch.err()).doesNotContain("\tat ");
      }
    }
  }

  private static String config(NetworkNamespace namespace, Path socket) {
    return """
    ports:
      uplink: {type: xdp, interface: near0, netns: %s, queues: 1}
      nf1: {type: vhost-user, socket: %s}
    flows: ["in_port=uplink,actions=output:nf1", "in_port=nf1,actions=output:uplink"]
    plugins:
      iovtee:
        http: {port: 0}
        mappings: [{queue: uplink/0, port: nf1, isolation: trusted}]
    """
        .formatted(namespace.name(), socket);
  }
}
