// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestSwitch;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code conf/examples}: each file as it stands, with the sample network function, passes frames
 * there and back.
 */
final class ExamplesIT {
  private static final Path ROOT = Path.of(System.getProperty("iovtee.root", ".."));
  private static final Pattern SOCKET = Pattern.compile("socket: ([^,} ]+)");
  private static final long WAIT_S = 180;

  static List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(ROOT.resolve("conf/examples"))) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void passesFramesThereAndBack(String name) throws Exception {
    Needs.present(TestSwitch.pluginMissing());
    Path file = ROOT.resolve("conf/examples").resolve(name);
    String text = Files.readString(file);
    if (!text.contains("scripts/lab up")) {
      passes(file, text, () -> {});
      return;
    }
    Needs.present(PeerRequirements.networkNamespaces());
    run(ROOT.resolve("scripts/lab").toString(), "up");
    try {
      String device = text.contains("interface: tap0") ? "tap0" : "v1";
      passes(
          file,
          text,
          () -> {
            run("ip", "-n", "iovtee-lab", "addr", "replace", "10.9.9.1/24", "dev", device);
            send("iovtee-lab", "10.9.9.");
          });
    } finally {
      run(ROOT.resolve("scripts/lab").toString(), "down");
    }
  }

  private static void passes(Path file, String text, Runnable sender) throws Exception {
    Matcher socket = SOCKET.matcher(text);
    assertThat(socket.find()).as("a guest's socket in " + file).isTrue();
    String way = text.contains("mappings:") ? "written_through" : "copied";
    try (CliProcess vswitch = CliProcess.startWithPlugin(List.of(), "run", "-c", file.toString())) {
      vswitch.awaitText(" runs: ");
      try (CliProcess nf = CliProcess.start("nf", "--socket", socket.group(1), "--sleep")) {
        nf.awaitText("connected: ");
        awaitOutcomes(sender, way, "forwarded");
        nf.terminate();
        assertThat(nf.await()).as(nf.err()).isZero();
      }
      vswitch.terminate();
      assertThat(vswitch.await()).as(vswitch.err()).isZero();
    }
  }

  private static void awaitOutcomes(Runnable sender, String... outcomes) throws Exception {
    long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_S);
    String stats = "";
    while (!hasAll(stats, outcomes)) {
      assertThat(System.nanoTime() - endNs).as(stats).isNegative();
      sender.run();
      Thread.sleep(100);
      stats = stats();
    }
  }

  private static boolean hasAll(String stats, String... outcomes) {
    return Stream.of(outcomes)
        .allMatch(
            outcome -> Pattern.compile("\"" + outcome + "\"\\s*:\\s*[1-9]").matcher(stats).find());
  }

  private static String stats() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI stats = URI.create("http://127.0.0.1:8480/api/v1/stats");
      return client
          .send(HttpRequest.newBuilder(stats).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  /**
   * Asks by ARP who has each address of a network, and so sends: enough frames that a ring of host
   * buffers, which a queue may have when its mapping comes late, is used up soon.
   */
  private static void send(String namespace, String network) {
    run(
        "ip",
        "netns",
        "exec",
        namespace,
        "bash",
        "-c",
        "for i in {2..254}; do echo > /dev/udp/" + network + "$i/9 || true; done");
  }

  private static void run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(String.join(" ", command) + ": " + output).isZero();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
