// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.peer.CommandedProcess;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.vswitch.JavaCommand;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A {@link LoadGenerator} as a child process, pinned to its core. */
public final class LoadProcess implements AutoCloseable {
  /** More than the length of a trial and its drain, on a core that others use, too. */
  private static final long ANSWER_SLACK_MS = 60_000;

  /**
   * What to start.
   *
   * @param cpu core of all its threads
   * @param queueSize entries of each ring
   * @param hugePages share memory of 2 MiB pages, which testpmd needs
   * @param to vhost-user socket of the port that frames are sent to; null for a {@link #wire}
   * @param from likewise of the port that they come from; may be the same
   */
  public record Setup(
      String name, int cpu, int queueSize, boolean hugePages, @Nullable Path to, Path from) {}

  private static final Pattern WIRE = Pattern.compile("(?m)^" + LoadGenerator.WIRE + ": (.*)$");

  private final CommandedProcess commanded;

  private LoadProcess(CommandedProcess commanded) {
    this.commanded = commanded;
  }

  /** Starts it; it is connected on return. */
  public static LoadProcess start(Setup setup) {
    List<String> arguments =
        List.of(
            Integer.toString(setup.queueSize()),
            setup.hugePages() ? "huge" : "small",
            setup.to() == null ? LoadGenerator.WIRE : setup.to().toString(),
            setup.from().toString());
    return new LoadProcess(
        CommandedProcess.start(
            "generator of " + setup.name(),
            JavaCommand.of(List.of(setup.cpu()), List.of(), LoadGenerator.class, arguments),
            LoadGenerator.READY));
  }

  PeerProcess process() {
    return commanded.process();
  }

  /**
   * Where the wire is that it sends on: for {@link io.iovtee.bench.vswitch.JavaSwitch#feed}.
   *
   * @throws PeerException if it sends to a socket
   */
  public Path wire() {
    String told =
        process().await(0, WIRE, CommandedProcess.START_TIMEOUT_MS, "the generator's wire");
    Matcher wire = WIRE.matcher(told);
    if (!wire.find()) {
      throw new PeerException("the generator has no wire: " + told);
    }
    return Path.of(wire.group(1));
  }

  /**
   * Runs a trial.
   *
   * @param mix a frame length without FCS, or {@code imix}
   * @param framesPerSecond offered rate; 0 for as many as the transmit ring takes
   */
  public TrialResult run(String mix, double framesPerSecond, int lengthMs) {
    return run(new TrialSpec(FrameMix.parse(mix), framesPerSecond, lengthMs));
  }

  TrialResult run(TrialSpec spec) {
    return await(begin(spec), spec);
  }

  /** Begins a trial; returns what {@link #await} needs. */
  long begin(TrialSpec spec) {
    return commanded.send(spec.format());
  }

  /** Waits for the end of a trial. */
  TrialResult await(long position, TrialSpec spec) {
    long timeoutMs = 2L * spec.lengthMs() + ANSWER_SLACK_MS;
    return TrialResult.parse(commanded.answer(position, TrialResult.WORD, timeoutMs));
  }

  /** Lets a trial run for a while. */
  static void sleep(long ms) {
    try {
      TimeUnit.MILLISECONDS.sleep(ms);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException("interrupted", e);
    }
  }

  @Override
  public void close() {
    commanded.close();
  }
}
