// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Our switch as a child process. With a single core for all its threads, what the JVM's compilers
 * and collector take, they take from the poll thread.
 */
public final class JavaSwitch implements SwitchProcess {
  /** JVM start, plugin start, sockets: about 2 s on a free core. */
  private static final long START_TIMEOUT_MS = 60_000;

  /** Its command thread shares the poll thread's core. */
  private static final long ANSWER_TIMEOUT_MS = 10_000;

  private static final long QUIT_TIMEOUT_MS = 10_000;

  private static final Pattern READY = Pattern.compile("(?m)^" + SwitchUnderTest.READY + "$");
  private static final Pattern COLLECTED = Pattern.compile("(?m)^gc (\\d+)\n");
  private static final Pattern FED = Pattern.compile("(?m)^fed ");
  private static final Pattern STATS = Pattern.compile("(?m)^stats [^\n]*\n");

  /**
   * What to start.
   *
   * @param name of its files, and what messages call it; one of each in a directory
   * @param cpus cores of its threads; its configuration pins the poll loops
   * @param jvmArguments after those of conf/jvm.options
   * @param configuration text of its configuration file
   * @param plugin whether the plugin is loaded
   * @param directory for its configuration file; also stands for "no plugins"
   */
  public record Setup(
      String name,
      List<Integer> cpus,
      List<String> jvmArguments,
      String configuration,
      boolean plugin,
      Path directory) {}

  private final PeerProcess process;

  private JavaSwitch(PeerProcess process) {
    this.process = process;
  }

  /** Starts it; its sockets are there on return. */
  public static JavaSwitch start(Setup setup) {
    Path file = setup.directory().resolve(setup.name() + ".yaml");
    try {
      Files.writeString(file, setup.configuration());
    } catch (IOException e) {
      throw new UncheckedIOException("could not write " + file, e);
    }
    PeerProcess process =
        PeerProcess.start("switch " + setup.name(), SwitchCommandLine.of(setup, file));
    try {
      process.await(0, READY, START_TIMEOUT_MS, "the switch to be ready");
    } catch (PeerException e) {
      process.close();
      throw e;
    }
    return new JavaSwitch(process);
  }

  @Override
  public PeerProcess process() {
    return process;
  }

  /** The JVM that runs it is this one's. */
  @Override
  public String version() {
    return "JDK " + System.getProperty("java.vm.version", "unknown");
  }

  /** Its counters, as they cross the process border. */
  public StatsLine stats() {
    long position = process.position();
    process.send("stats");
    String answer = process.await(position, STATS, ANSWER_TIMEOUT_MS, "stats");
    return StatsLine.parse(answer.substring(answer.indexOf("stats ")));
  }

  /**
   * Makes it collect its whole heap now, poll threads or not.
   *
   * @return how long the collection took from its caller's view, ns
   */
  public long collect() {
    long position = process.position();
    process.send("gc");
    String answer = process.await(position, COLLECTED, ANSWER_TIMEOUT_MS, "a collection");
    return Long.parseLong(answer.substring(answer.lastIndexOf(' ') + 1).strip());
  }

  /**
   * Gives its emulated NIC another process's frames to receive.
   *
   * @param port a port of type soft with one queue and without traffic of its own
   * @param entries of the wire
   * @param whole write every byte of a frame each time, not only headers where they are not
   * @param wire {@link SharedWire#path} in that process
   */
  public void feed(String port, int entries, boolean whole, Path wire) {
    long position = process.position();
    process.send("feed %s %d %s %s".formatted(port, entries, whole ? "whole" : "headers", wire));
    process.await(position, FED, ANSWER_TIMEOUT_MS, "the wire to be plugged in");
  }

  @Override
  public SwitchCounters counters(int tscMhz) {
    StatsLine line = stats();
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
    process.quit(QUIT_TIMEOUT_MS);
  }
}
