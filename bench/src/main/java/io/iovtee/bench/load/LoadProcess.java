// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

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
  /** JVM start and two connections: about a second on a free core. */
  private static final long START_TIMEOUT_MS = 60_000;

  /** More than the length of a trial and its drain, on a core that others use, too. */
  private static final long ANSWER_SLACK_MS = 60_000;

  private static final long QUIT_TIMEOUT_MS = 10_000;

  private static final Pattern READY = Pattern.compile("(?m)^" + LoadGenerator.READY + "$");
  private static final Pattern ANSWER = Pattern.compile("(?m)^result [^\n]*\n");

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

  private final PeerProcess process;

  private LoadProcess(PeerProcess process) {
    this.process = process;
  }

  /** Starts it; it is connected on return. */
  public static LoadProcess start(Setup setup) {
    List<String> arguments =
        List.of(
            Integer.toString(setup.queueSize()),
            setup.hugePages() ? "huge" : "small",
            setup.to() == null ? LoadGenerator.WIRE : setup.to().toString(),
            setup.from().toString());
    PeerProcess process =
        PeerProcess.start(
            "generator of " + setup.name(),
            JavaCommand.of(List.of(setup.cpu()), List.of(), LoadGenerator.class, arguments));
    try {
      process.await(0, READY, START_TIMEOUT_MS, "the generator to be ready");
    } catch (PeerException e) {
      process.close();
      throw e;
    }
    return new LoadProcess(process);
  }

  PeerProcess process() {
    return process;
  }

  /**
   * Where the wire is that it sends on: for {@link io.iovtee.bench.vswitch.JavaSwitch#feed}.
   *
   * @throws PeerException if it sends to a socket
   */
  public Path wire() {
    String told = process.await(0, WIRE, START_TIMEOUT_MS, "the generator's wire");
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
    long position = process.position();
    process.send(spec.format());
    return position;
  }

  /** Waits for the end of a trial. */
  TrialResult await(long position, TrialSpec spec) {
    long timeoutMs = 2L * spec.lengthMs() + ANSWER_SLACK_MS;
    String answer = process.await(position, ANSWER, timeoutMs, "the result of " + spec.format());
    return TrialResult.parse(answer.substring(answer.indexOf("result ")));
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
    process.quit(QUIT_TIMEOUT_MS);
  }
}
