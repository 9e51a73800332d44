// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.light;

import io.iovtee.bench.peer.CommandedProcess;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.vswitch.JavaCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A {@link LightFunction} as a child process, pinned to its core. */
public final class LightProcess implements AutoCloseable {
  private final CommandedProcess commanded;

  private LightProcess(CommandedProcess commanded) {
    this.commanded = commanded;
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
    return new LightProcess(
        CommandedProcess.start(
            name,
            JavaCommand.of(List.of(cpu), List.of(), LightFunction.class, arguments),
            LightFunction.READY));
  }

  /** The process, for its id and its output. */
  public PeerProcess process() {
    return commanded.process();
  }

  /** Counts of this moment. */
  public LightCounts counts() {
    return LightCounts.parse(commanded.ask("counts", LightCounts.WORD));
  }

  @Override
  public void close() {
    commanded.close();
  }
}
