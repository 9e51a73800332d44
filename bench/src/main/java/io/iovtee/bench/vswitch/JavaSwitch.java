// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.CommandedProcess;
import io.iovtee.bench.peer.PeerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Our switch as a child process. With a single core for all its threads, what the JVM's compilers
 * and collector take, they take from the poll thread.
 */
public final class JavaSwitch implements SwitchProcess {
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

  private final CommandedProcess commanded;

  private JavaSwitch(CommandedProcess commanded) {
    this.commanded = commanded;
  }

  /** Starts it; its sockets are there on return. */
  public static JavaSwitch start(Setup setup) {
    Path file = setup.directory().resolve(setup.name() + ".yaml");
    try {
      Files.writeString(file, setup.configuration());
    } catch (IOException e) {
      throw new UncheckedIOException("could not write " + file, e);
    }
    return new JavaSwitch(
        CommandedProcess.start(
            "switch " + setup.name(), SwitchCommandLine.of(setup, file), SwitchUnderTest.READY));
  }

  @Override
  public PeerProcess process() {
    return commanded.process();
  }

  /** The JVM that runs it is this one's. */
  @Override
  public String version() {
    return "JDK " + System.getProperty("java.vm.version", "unknown");
  }

  /** Its counters, as they cross the process border. */
  public StatsLine stats() {
    return StatsLine.parse(commanded.ask(StatsLine.WORD, StatsLine.WORD));
  }

  /**
   * Makes it collect its whole heap now, poll threads or not.
   *
   * @return how long the collection took from its caller's view, ns
   */
  public long collect() {
    String answer = commanded.ask(SwitchUnderTest.COLLECT, SwitchUnderTest.COLLECT);
    return Long.parseLong(answer.substring(answer.lastIndexOf(' ') + 1));
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
    commanded.ask(
        "feed %s %d %s %s".formatted(port, entries, whole ? "whole" : "headers", wire),
        SwitchUnderTest.FED);
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
    commanded.close();
  }
}
