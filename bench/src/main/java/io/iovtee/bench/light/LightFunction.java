// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.light;

import io.iovtee.bench.load.FrontendPort;
import io.iovtee.bench.peer.CommandLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@link LightEngine} as a process of its own: {@code counts} on stdin is answered with its
 * {@link LightCounts}; {@code quit} or the end of stdin ends it.
 */
public final class LightFunction {
  /** Written when all ports are connected. */
  static final String READY = "light function is ready";

  private LightFunction() {}

  /**
   * Runs until {@code quit}.
   *
   * @param arguments ring entries, {@code huge} or {@code small} pages, the switch's sockets
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length < 3) {
      System.err.println("usage: LightFunction QUEUE-SIZE huge|small SOCKET...");
      System.exit(2);
    }
    int queueSize = Integer.parseInt(arguments[0]);
    List<LightPort> ports = new ArrayList<>();
    boolean hugePages = arguments[1].equals("huge");
    for (int i = 2; i < arguments.length; i++) {
      ports.add(new LightPort(FrontendPort.connect(Path.of(arguments[i]), queueSize, hugePages)));
    }
    LightEngine engine = new LightEngine(ports);
    Thread thread = CommandLoop.startVital(engine, "light-function");
    CommandLoop.run(READY, command -> answer(engine, command));
    engine.end();
    thread.join();
    System.exit(0);
  }

  private static String answer(LightEngine engine, String command) {
    return command.equals("counts")
        ? engine.counts().format()
        : CommandLoop.unknown(command, "counts");
  }
}
