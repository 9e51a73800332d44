// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Our switch as a child process, all its threads pinned to the switch's core: what the JVM's
 * compilers and collector take, they take from the poll thread.
 */
final class JavaSwitch implements SwitchProcess {
  /** JVM start, plugin start, sockets: about 2 s on a free core. */
  private static final long START_TIMEOUT_MS = 60_000;

  /** Its command thread shares the poll thread's core. */
  private static final long ANSWER_TIMEOUT_MS = 10_000;

  private static final long QUIT_TIMEOUT_MS = 10_000;

  private static final Pattern READY = Pattern.compile("(?m)^" + SwitchUnderTest.READY + "$");
  private static final Pattern STATS = Pattern.compile("(?m)^stats [^\n]*\n");

  /**
   * What to start.
   *
   * @param cpu core of all its threads
   * @param socket path of the vhost-user socket that it makes
   * @param directory for its configuration file and an empty plugin directory
   */
  record Setup(
      Subject subject, Scenario scenario, int frameBytes, int cpu, Path socket, Path directory) {}

  private final PeerProcess process;

  private JavaSwitch(PeerProcess process) {
    this.process = process;
  }

  /** Starts it; its socket is there on return. */
  static JavaSwitch start(Setup setup) {
    Path configuration = writeConfiguration(setup);
    PeerProcess process =
        PeerProcess.start(
            "switch " + setup.subject().label(), SwitchCommandLine.of(setup, configuration));
    try {
      process.await(0, READY, START_TIMEOUT_MS, "the switch to be ready");
    } catch (PeerException e) {
      process.close();
      throw e;
    }
    return new JavaSwitch(process);
  }

  private static Path writeConfiguration(Setup setup) {
    Path file =
        setup
            .directory()
            .resolve(setup.socket().getFileName().toString().replace(".sock", ".yaml"));
    try {
      Files.writeString(file, configuration(setup));
    } catch (IOException e) {
      throw new UncheckedIOException("could not write " + file, e);
    }
    return file;
  }

  /** The switch's configuration: one emulated NIC, one vhost-user port, one loop, two rules. */
  static String configuration(Setup setup) {
    String text =
        """
        switch: {name: bench}
        loops: [{cpu: %d}]
        ports:
          nic0: {type: soft, dma: inline, traffic: {type: "null", frame-bytes: %d}, tx: {type: discard}}
          nf0: {type: vhost-user, socket: "%s", role: server}
        flows: ["in_port=nic0,actions=output:nf0", "in_port=nf0,actions=output:nic0"]
        """
            .formatted(setup.cpu(), setup.frameBytes(), setup.socket());
    if (setup.subject() == Subject.WRITE_THROUGH) {
      text +=
          """
          plugins:
            iovtee:
              http: {port: 0}
              mappings: [{queue: nic0/0, port: nf0, isolation: trusted, mode: "on"}]
          """;
    }
    return text;
  }

  @Override
  public PeerProcess process() {
    return process;
  }

  @Override
  public SwitchCounters counters(int tscMhz) {
    long position = process.position();
    process.send("stats");
    String answer = process.await(position, STATS, ANSWER_TIMEOUT_MS, "stats");
    StatsLine line = StatsLine.parse(answer.substring(answer.indexOf("stats ")));
    double ticksPerNs = tscMhz / 1000.0;
    return new SwitchCounters(
        line.receivedFrames(),
        (line.busyNs() + line.emulationNs()) * ticksPerNs,
        line.emulationNs() * ticksPerNs,
        line.allocatedBytes(),
        line.copiedBytes());
  }

  @Override
  public void close() {
    if (process.alive()) {
      try {
        process.send("quit");
        process.awaitEnd(QUIT_TIMEOUT_MS);
      } catch (PeerException e) {
        // It takes no commands any more: close() below kills it.
        System.err.println(e.getMessage());
      }
    }
    process.close();
  }

  /** The lines of its output that may explain a failure. */
  List<String> output() {
    return process.output().lines().toList();
  }
}
