// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.vswitch.config.SwitchConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One run of the demo: copy for the first part, write-through for the rest. */
final class Demo implements AutoCloseable {
  private static final String NIC = "nic0";
  private static final String NF = "nf1";
  private static final long TICK_MS = 1000;
  private static final long UP_TIMEOUT_MS = 15_000;
  private static final long MAPPED_TIMEOUT_MS = 5_000;

  /** A loop counts a batch in less than a microsecond: most first readings are whole. */
  private static final int READINGS_MAX = 1000;

  /** Share of the duration in which every frame is copied. */
  private static final int COPY_PART = 3;

  private final PrintWriter people;
  private final int frameBytes;
  private final RunningSwitch running;
  private final ServerOptions api;
  private final NfProcess nf;

  private double copyMpps;
  private double writeThroughMpps;
  private String mappings = "{\"mappings\":[]}";
  private SwitchStats last;

  Demo(Path directory, int frameBytes, int port, PrintWriter people)
      throws IOException, InterruptedException {
    this.people = people;
    this.frameBytes = frameBytes;
    Path socket = directory.resolve("nf1.sock");
    int httpPort = port == 0 ? FreePort.find() : port;
    running =
        RunningSwitch.start(SwitchConfig.parse(config(socket, frameBytes, httpPort), "demo"), "");
    last = running.vswitch().stats();
    api = new ServerOptions("http://127.0.0.1:" + httpPort, ServerOptions.Format.json);
    try {
      requirePlugin();
      say("switch with an EMULATED NIC (%s), dashboard at http://127.0.0.1:%d/", NIC, httpPort);
      nf = NfProcess.start(socket, "macswap");
    } catch (IOException | RuntimeException e) {
      running.close();
      throw e;
    }
    try {
      awaitUp();
    } catch (RuntimeException | InterruptedException e) {
      close(); // the network function would wait for its switch for ever
      throw e;
    }
  }

  private static String config(Path socket, int frameBytes, int httpPort) {
    return """
    switch: {name: demo}
    ports:
      %s:
        type: soft
        dma: inline
        ring-size: 256
        traffic: {type: generator, frame-bytes: %d, flows: 16}
        tx: {type: discard}
      %s: {type: vhost-user, socket: '%s'}
    flows:
      - in_port=%s,actions=output:%s
      - in_port=%s,actions=output:%s
    plugins:
      iovtee:
        http: {host: 127.0.0.1, port: %d}
    """
        .formatted(NIC, frameBytes, NF, socket, NIC, NF, NF, NIC, httpPort);
  }

  private void requirePlugin() {
    if (running.plugins().names().isEmpty()) {
      throw new CommandException(
          "the iovtee plugin is not in the plugins directory ("
              + System.getProperty("iovtee.plugins", "plugins")
              + "): build it with ./iovtee");
    }
  }

  private void awaitUp() throws InterruptedException {
    long end = System.nanoTime() + UP_TIMEOUT_MS * 1_000_000;
    while (running.vswitch().guestPort(NF).isEmpty()) {
      if (System.nanoTime() > end || !nf.isAlive()) {
        throw new CommandException("the sample NF did not connect: " + nf.tail());
      }
      Thread.sleep(20);
    }
    say("sample NF (macswap, process %d) connected over vhost-user", nf.pid());
  }

  void run(Duration duration) throws InterruptedException {
    long copyMs = duration.toMillis() / COPY_PART;
    say("copy path for %d s, then write-through, %d-byte frames", copyMs / 1000, frameBytes);
    copyMpps = watch("copy", copyMs);
    api.send(
        "POST",
        "/api/v1/mappings",
        Json.object(Map.of("queue", NIC + "/0", "port", NF, "isolation", "trusted")),
        "application/json",
        "");
    awaitMapped();
    writeThroughMpps = watch("write-through", duration.toMillis() - copyMs);
    mappings = api.get("/api/v1/mappings");
    nf.stop();
    last = lastReading();
    say(
        "frames/s before %.2f M, after %.2f M: %.2f times",
        copyMpps, writeThroughMpps, writeThroughMpps / copyMpps);
  }

  /** The NIC goes on, and a reading may find a batch half counted: then it is taken again. */
  private SwitchStats lastReading() {
    SwitchStats reading = running.vswitch().stats();
    for (int i = 0; i < READINGS_MAX && !addsUp(input(reading, NIC)); i++) {
      reading = running.vswitch().stats();
    }
    return reading;
  }

  private static boolean addsUp(InputStats input) {
    return sum(input.outcomes()) == input.frames()
        && sum(input.dropReasons()) == input.outcomes().getOrDefault("dropped", 0L);
  }

  private static long sum(Map<String, Long> counters) {
    return counters.values().stream().mapToLong(count -> count).sum();
  }

  private void awaitMapped() throws InterruptedException {
    long end = System.nanoTime() + MAPPED_TIMEOUT_MS * 1_000_000;
    while (running.vswitch().rxQueues().stream().noneMatch(q -> q.isLending())) {
      if (System.nanoTime() > end) {
        throw new CommandException(
            "the queue was not mapped: " + api.get("/api/v1/mappings/" + NIC + "%2F0/explain"));
      }
      Thread.sleep(10);
    }
    say("the plugin mapped queue %s/0 to %s: the NIC writes into the NF's buffers", NIC, NF);
  }

  /**
   * Shows a line a second; returns the rate of frames that came back, over the whole time, Mpps.
   */
  private double watch(String mode, long ms) throws InterruptedException {
    Thread.sleep(Math.min(TICK_MS, ms / 4)); // the code of this mode warms up
    SwitchStats first = running.vswitch().stats();
    SwitchStats before = first;
    long end = System.nanoTime() + (ms - Math.min(TICK_MS, ms / 4)) * 1_000_000;
    while (System.nanoTime() < end) {
      Thread.sleep(Math.max(1, Math.min(TICK_MS, (end - System.nanoTime()) / 1_000_000)));
      SwitchStats now = running.vswitch().stats();
      say(
          "  %-14s %6.2f M frames/s to the NF and back, %8.1f MB/s copied for them",
          mode, mpps(before, now), copied(before, now));
      before = now;
    }
    return mpps(first, before);
  }

  private static double mpps(SwitchStats from, SwitchStats to) {
    double us = (to.timeNs() - from.timeNs()) / 1e3;
    return (input(to, NF).frames() - input(from, NF).frames()) / us;
  }

  private static double copied(SwitchStats from, SwitchStats to) {
    double us = (to.timeNs() - from.timeNs()) / 1e3;
    return (input(to, NIC).copiedBytes() - input(from, NIC).copiedBytes()) / us;
  }

  private static InputStats input(SwitchStats stats, String port) {
    return stats.inputs().stream().filter(i -> i.port().equals(port)).findFirst().orElseThrow();
  }

  /** Whether frames flowed both ways, and through the mapping. */
  boolean succeeded() {
    return copyMpps > 0
        && writeThroughMpps > 0
        && input(last, NIC).outcomes().getOrDefault("written_through", 0L) > 0
        && nf.counters().getOrDefault("returned", 0L) > 0;
  }

  /** The run as one JSON object. */
  String result() {
    InputStats nic = input(last, NIC);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("emulatedNic", true);
    result.put("frames", Map.of("received", nic.frames(), "bytes", frameBytes));
    result.put("outcomes", nic.outcomes());
    result.put("copyReasons", nic.copyReasons());
    result.put("dropReasons", nic.dropReasons());
    result.put("nf", nf.counters());
    result.put("copiedBytes", nic.copiedBytes());
    result.put("mappings", Json.onlyMember(mappings, "mappings"));
    result.put(
        "rates",
        Map.of(
            "beforeMappingMpps", rounded(copyMpps), "afterMappingMpps", rounded(writeThroughMpps)));
    result.put("nic", nic.nic());
    result.put("plugins", List.copyOf(running.plugins().names()));
    return Json.object(result);
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  private void say(String format, Object... values) {
    people.printf(format + "%n", values);
    people.flush();
  }

  @Override
  public void close() {
    nf.stop();
    running.close();
  }
}
