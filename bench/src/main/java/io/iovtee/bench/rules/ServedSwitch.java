// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.rules;

import io.iovtee.bench.peer.Pause;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code iovtee run} with the plugin and its HTTP API, and an emulated NIC that makes frames. */
final class ServedSwitch implements AutoCloseable {
  private static final long START_TIMEOUT_MS = 120_000;
  private static final long END_TIMEOUT_MS = 20_000;
  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  /** The API tells of counters as they were up to a second ago. */
  private static final long STATS_AGE_MS = 1_200;

  private static final Pattern FRAMES = Pattern.compile("\"port\":\"uplink\".*?\"frames\":(\\d+)");
  private static final Pattern MISSED = Pattern.compile("\"rx_missed\":(\\d+)");
  private static final Pattern AWAY = Pattern.compile("\"total_ns\":(\\d+)");

  private final PeerProcess process;
  private final HttpClient client = HttpClient.newHttpClient();
  private final String server;

  /**
   * Counters since the start.
   *
   * @param frames that the switch received
   * @param missed frames that the NIC had no descriptor for
   * @param awayNs time in pauses of the poll loop of 125 us and more
   * @param memoryKb the most that the process had in memory at once
   */
  record Counters(long frames, long missed, long awayNs, long memoryKb) {}

  private ServedSwitch(PeerProcess process, String server) {
    this.process = process;
    this.server = server;
  }

  /**
   * Starts it; its API answers on return.
   *
   * @param launcher {@code ./iovtee}
   * @param environment variables, {@code NAME=value}
   */
  static ServedSwitch start(
      Path launcher, List<String> environment, RulesOptions options, int port, Path directory)
      throws IOException {
    Path file = directory.resolve("rules.yaml");
    Files.writeString(file, configuration(options, port));
    List<String> command = new ArrayList<>(List.of("env"));
    command.addAll(environment);
    command.addAll(List.of(launcher.toString(), "run", "-c", file.toString()));
    ServedSwitch started =
        new ServedSwitch(PeerProcess.start("the switch", command), "http://127.0.0.1:" + port);
    try {
      started.awaitAnswer();
    } catch (PeerException e) {
      started.close();
      throw e;
    }
    return started;
  }

  /** One loop on a core of its own; the second port takes what the rules send there. */
  static String configuration(RulesOptions options, int port) {
    return """
    loops: [{cpu: %d}]
    ports:
      uplink:
        type: soft
        dma: inline
        ring-size: %d
        traffic: {type: generator, rate-pps: %d}
      nf1: {type: soft, dma: inline}
    flows: ["priority=1,actions=output:nf1"]
    plugins: {iovtee: {http: {port: %d}}}
    """
        .formatted(options.cpu, options.ringSize, options.ratePps, port);
  }

  String address() {
    return server;
  }

  private void awaitAnswer() {
    long deadlineNs = System.nanoTime() + START_TIMEOUT_MS * 1_000_000;
    while (process.alive() && System.nanoTime() < deadlineNs) {
      try {
        String unused = get("/api/v1/stats");
        return;
      } catch (IOException e) {
        Pause.ms(100); // it does not listen yet
      }
    }
    throw new PeerException(process.failure("does not answer at " + server));
  }

  private String get(String path) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server + path)).timeout(ANSWER_TIMEOUT).build();
    try {
      return client.send(request, BodyHandlers.ofString()).body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException("interrupted", e);
    }
  }

  /** Counters of now; takes a second. */
  Counters counters() throws IOException {
    Pause.ms(STATS_AGE_MS);
    String stats = get("/api/v1/stats");
    return new Counters(
        number(stats, FRAMES),
        number(stats, MISSED),
        number(stats, AWAY),
        Memory.mostKb(process.pid()));
  }

  private static long number(String stats, Pattern pattern) {
    Matcher found = pattern.matcher(stats);
    if (!found.find()) {
      throw new PeerException("no " + pattern + " in the switch's statistics: " + stats);
    }
    return Long.parseLong(found.group(1));
  }

  @Override
  public void close() {
    client.close();
    process.terminate();
    process.awaitEnd(END_TIMEOUT_MS);
    process.close();
  }
}
