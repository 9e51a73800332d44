// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.Needs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ports of a mapping come and go over HTTP under traffic: nothing is left, nobody else notices. */
final class PortRemovalIT {
  private static final int WARM_CYCLES = 2;

  /** More than connections of HTTP may come and go. */
  private static final int CYCLES = 6;

  private static final String ACTIVE = "mapping uplink/0 -> nf1/0: active (lending)";
  private static final String SOFT =
      "{\"type\": \"soft\", \"traffic\": {\"type\": \"generator\", \"rate-pps\": 20000}}";

  @TempDir private Path directory;
  private String api = "";
  private int mapped;

  private String guest(String name) {
    return "{\"type\": \"vhost-user\", \"socket\": \"%s\"}".formatted(socket(name));
  }

  private Path socket(String name) {
    return directory.resolve(name + ".sock");
  }

  /** The generator's frames go to the bystander, and out of a port if there is one. */
  private Path config(String uplink, String morePorts, String sink) throws IOException {
    return Files.writeString(
        directory.resolve("s.yaml"),
        """
        ports:
          uplink: %s
          nf1: %s
          nf2: %s
          gen: %s
        %s
        flows: ["in_port=uplink,actions=output:nf1", "in_port=gen,actions=output:nf2%s"]
        plugins:
          iovtee:
            http: {port: 0}
            mappings: [{queue: uplink/0, port: nf1, isolation: trusted}]
        """
            .formatted(uplink, guest("nf1"), guest("nf2"), SOFT, morePorts, sink));
  }

  @Test
  void emulatedNicAndItsGuest() throws Exception {
    removeAndAddAgain(config(SOFT, "", ""), SOFT);
  }

  @Test
  void afXdpPortAndItsGuest() throws Exception {
    Needs.present(PeerRequirements.networkNamespaces());
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth.create(namespace, "near0", "far0", 1);
      String uplink = xdp("near0", namespace);
      removeAndAddAgain(config(uplink, "  far: " + xdp("far0", namespace), ",output:far"), uplink);
    }
  }

  private static String xdp(String device, NetworkNamespace namespace) {
    return "{\"type\": \"xdp\", \"interface\": \"%s\", \"netns\": \"%s\", \"queues\": 1}"
        .formatted(device, namespace.name());
  }

  private void removeAndAddAgain(Path config, String uplink) throws Exception {
    try (CliProcess vswitch =
            CliProcess.startWithPlugin(List.of(), "run", "-c", config.toString());
        CliProcess nf = CliProcess.start("nf", "--socket", socket("nf1").toString(), "--sleep");
        CliProcess bystander = CliProcess.startCheckingNf(socket("nf2"), 1)) {
      api = vswitch.awaitServer() + "/api/v1/";
      bystander.awaitText("connected: ");
      awaitMapped(vswitch);
      cycles(WARM_CYCLES, vswitch, uplink);
      Held before = Held.by(vswitch);
      cycles(CYCLES, vswitch, uplink);
      Held after = awaitHeld(before, vswitch);
      assertThat(after.memory()).isEqualTo(before.memory());
      assertThat(after.files()).isEqualTo(before.files());
      assertThat(after.sockets()).isLessThan(before.sockets() + CYCLES);
      assertThat(send("GET", "stats", "", 200)).contains("\"lost_buffers\":0");
      assertThat(nf.isAlive()).isTrue();

      bystander.terminate();
      assertThat(bystander.await()).as(bystander.err()).isZero();
      assertThat(bystander.counter("connections")).isEqualTo(1);
      assertThat(bystander.counter("received")).isPositive();
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
      assertThat(vswitch.err()).doesNotContain("\tat ");
    }
  }

  private void cycles(int count, CliProcess vswitch, String uplink) throws Exception {
    for (int i = 0; i < count; i++) {
      replace("uplink", uplink);
      awaitMapped(vswitch);
      replace("nf1", guest("nf1"));
      awaitMapped(vswitch);
    }
  }

  private void replace(String port, String keys) throws Exception {
    send("DELETE", "ports/" + port, "", 200);
    send("POST", "ports/" + port, keys, 201);
  }

  /** Once more than before. */
  private void awaitMapped(CliProcess vswitch) throws InterruptedException {
    mapped++;
    for (int i = 0; i < 6000 && vswitch.err().split(Pattern.quote(ACTIVE)).length <= mapped; i++) {
      Thread.sleep(20);
    }
    assertThat(vswitch.err().split(Pattern.quote(ACTIVE)))
        .as(vswitch.err())
        .hasSizeGreaterThan(mapped);
  }

  private String send(String method, String path, String body, int expected) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      var answer =
          client.send(
              HttpRequest.newBuilder(URI.create(api + path))
                  .header("Content-Type", "application/json")
                  .method(method, BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(method + " " + path + answer.body()).isEqualTo(expected);
      return answer.body();
    }
  }

  /** Connections that ended just now are seen a moment later. */
  private static Held awaitHeld(Held before, CliProcess vswitch) throws Exception {
    Held now = Held.by(vswitch);
    for (int i = 0; i < 500 && !now.equals(before); i++) {
      Thread.sleep(20);
      now = Held.by(vswitch);
    }
    return now;
  }

  /**
   * What a process has of the kernel's.
   *
   * @param memory mappings of guests, pools and AF_XDP rings
   * @param files descriptors of memory, events, programs and maps
   * @param sockets descriptors, with those of HTTP
   */
  private record Held(long memory, long files, long sockets) {
    static Held by(CliProcess process) throws IOException {
      Path proc = Path.of("/proc", String.valueOf(process.pid()));
      try (Stream<String> maps = Files.lines(proc.resolve("maps"));
          Stream<Path> fds = Files.list(proc.resolve("fd"))) {
        List<String> links = fds.map(Held::link).toList();
        return new Held(
            maps.filter(line -> line.contains("memfd:") || line.contains("socket:")).count(),
            links.stream().filter(link -> link.contains("memfd:") || isAnonymous(link)).count(),
            links.stream().filter(link -> link.startsWith("socket:")).count());
      }
    }

    private static boolean isAnonymous(String link) {
      return link.startsWith("anon_inode:");
    }

    private static String link(Path fd) {
      try {
        return Files.readSymbolicLink(fd).toString();
      } catch (java.nio.file.NoSuchFileException e) {
        return ""; // closed meanwhile
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
