// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import io.iovtee.bench.load.LoadPort;
import io.iovtee.bench.peer.CommandLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LiveEngine} as a process of its own, driven by lines on stdin: {@code start}, {@code
 * stop} and {@code counts} are answered with its {@link LiveCounts}, after {@code stop} once
 * nothing comes any more; {@code quit} or the end of stdin ends it.
 */
public final class LiveGenerator {
  /** Written when the sink is connected. */
  static final String READY = "live generator is ready";

  /** Nothing has come for so long: nothing is under way. */
  private static final long QUIET_NS = 50_000_000;

  private LiveGenerator() {}

  /**
   * Runs until {@code quit}.
   *
   * @param arguments network namespace, interface that frames leave by, frame length without FCS;
   *     with a sink also ring entries, {@code huge} or {@code small} pages, vhost-user socket
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length != 3 && arguments.length != 6) {
      System.err.println(
          "usage: LiveGenerator NETNS INTERFACE FRAME-BYTES [QUEUE-SIZE huge|small SOCKET]");
      System.exit(2);
    }
    byte[] frame = VethUplink.frame(Integer.parseInt(arguments[2]), 0);
    if (arguments.length == 3) {
      run(new LiveEngine(arguments[0], arguments[1], frame, null));
    } else {
      int queueSize = Integer.parseInt(arguments[3]);
      boolean hugePages = arguments[4].equals("huge");
      try (LoadPort sink = LoadPort.connect(Path.of(arguments[5]), queueSize, hugePages)) {
        run(new LiveEngine(arguments[0], arguments[1], frame, sink));
      }
    }
    System.exit(0);
  }

  private static void run(LiveEngine engine) throws IOException, InterruptedException {
    Thread thread = CommandLoop.startVital(engine, "live-frames");
    CommandLoop.run(READY, command -> answer(engine, command));
    engine.end();
    thread.join();
  }

  private static String answer(LiveEngine engine, String command) {
    return switch (command) {
      case "start" -> {
        LiveCounts before = engine.counts();
        engine.start();
        yield before.format();
      }
      case "counts" -> engine.counts().format();
      case "stop" -> stop(engine).format();
      default -> CommandLoop.unknown(command, "start, counts, stop");
    };
  }

  private static LiveCounts stop(LiveEngine engine) {
    engine.stop();
    LiveCounts now = engine.counts();
    @Nullable LiveCounts before = null;
    while (before == null || now.received() != before.received()) {
      before = now;
      LockSupport.parkNanos(QUIET_NS);
      now = engine.counts();
    }
    return now;
  }
}
