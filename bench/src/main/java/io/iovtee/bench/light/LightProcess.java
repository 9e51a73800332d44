// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.light;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.vswitch.JavaCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** A {@link LightFunction} as a child process, pinned to its core. */
public final class LightProcess implements AutoCloseable {
  /** JVM start and the connections: about a second on a free core. */
  private static final long START_TIMEOUT_MS = 60_000;

  /** Its command thread shares the core with the one that works. */
  private static final long ANSWER_TIMEOUT_MS = 10_000;

  private static final long QUIT_TIMEOUT_MS = 10_000;

  private static final Pattern READY = Pattern.compile("(?m)^" + LightFunction.READY + "$");
  private static final Pattern COUNTS = Pattern.compile("(?m)^" + LightCounts.WORD + " [^\n]*\n");

  private final PeerProcess process;

  private LightProcess(PeerProcess process) {
    this.process = process;
  }

  /**
   * Starts it; all ports are connected on return.
   *
   * @param name for messages
   * @param cpu core of all its threads
   * @param queueSize entries of each ring
   * @param hugePages share memory of 2 MiB pages, which testpmd needs
   * @param sockets the switch's, a port for each
   */
  public static LightProcess start(
      String name, int cpu, int queueSize, boolean hugePages, List<Path> sockets) {
    List<String> arguments = new ArrayList<>();
    arguments.add(Integer.toString(queueSize));
    arguments.add(hugePages ? "huge" : "small");
    sockets.forEach(socket -> arguments.add(socket.toString()));
    PeerProcess process =
        PeerProcess.start(
            name, JavaCommand.of(List.of(cpu), List.of(), LightFunction.class, arguments));
    try {
      process.await(0, READY, START_TIMEOUT_MS, "the function to be ready");
    } catch (PeerException e) {
      process.close();
      throw e;
    }
    return new LightProcess(process);
  }

  /** The process, for its id and its output. */
  public PeerProcess process() {
    return process;
  }

  /** Counts of this moment. */
  public LightCounts counts() {
    long position = process.position();
    process.send("counts");
    String answer = process.await(position, COUNTS, ANSWER_TIMEOUT_MS, "counts");
    return LightCounts.parse(answer.substring(answer.lastIndexOf(LightCounts.WORD + " ")));
  }

  @Override
  public void close() {
    process.quit(QUIT_TIMEOUT_MS);
  }
}
