// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import io.iovtee.bench.peer.CommandedProcess;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.peer.Veth;
import io.iovtee.bench.vswitch.JavaCommand;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@link LiveGenerator} as a child process, pinned to its core. */
public final class LiveProcess implements AutoCloseable {
  /**
   * What to start.
   *
   * @param name of the subject, for messages
   * @param cpu core of all its threads
   * @param veth frames leave its far end
   * @param frameBytes frame length without FCS
   * @param sink where they come back; null if they do not
   */
  public record Setup(String name, int cpu, Veth veth, int frameBytes, @Nullable Sink sink) {}

  /**
   * A vhost-user port of the switch.
   *
   * @param socket that the switch listens on
   * @param queueSize entries of each ring
   * @param hugePages share memory of 2 MiB pages, which testpmd needs
   */
  public record Sink(Path socket, int queueSize, boolean hugePages) {}

  private final CommandedProcess commanded;

  private LiveProcess(CommandedProcess commanded) {
    this.commanded = commanded;
  }

  /** Starts it; the sink is connected on return, and nothing is sent yet. */
  public static LiveProcess start(Setup setup) {
    List<String> arguments = new ArrayList<>();
    arguments.add(setup.veth().namespace().name());
    arguments.add(setup.veth().far());
    arguments.add(Integer.toString(setup.frameBytes()));
    Sink sink = setup.sink();
    if (sink != null) {
      arguments.add(Integer.toString(sink.queueSize()));
      arguments.add(sink.hugePages() ? "huge" : "small");
      arguments.add(sink.socket().toString());
    }
    return new LiveProcess(
        CommandedProcess.start(
            "generator of " + setup.name(),
            JavaCommand.of(List.of(setup.cpu()), List.of(), LiveGenerator.class, arguments),
            LiveGenerator.READY));
  }

  /** The process, for its id and its output. */
  public PeerProcess process() {
    return commanded.process();
  }

  /** Sends from now on; answers the counts of before. */
  public LiveCounts startSending() {
    return ask("start");
  }

  /** Sends no more; answers the counts once no frame comes any more. */
  public LiveCounts stopSending() {
    return ask("stop");
  }

  /** Counts of this moment. */
  public LiveCounts counts() {
    return ask("counts");
  }

  private LiveCounts ask(String command) {
    return LiveCounts.parse(commanded.ask(command, LiveCounts.WORD));
  }

  @Override
  public void close() {
    commanded.close();
  }
}
