// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.peer.CommandLoop;
import io.iovtee.bench.vswitch.SharedWire;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The generator and sink as a process of its own, driven by lines on stdin: a {@link TrialSpec}
 * answers a {@link TrialResult}, {@code quit} or the end of stdin ends it.
 */
public final class LoadGenerator {
  /** Written when both ports are connected. */
  static final String READY = "load generator is ready";

  /** Instead of a socket to send to: a wire of its own, whose place it tells. */
  static final String WIRE = "wire";

  private LoadGenerator() {}

  /**
   * Runs until {@code quit}.
   *
   * @param arguments ring entries, {@code huge} or {@code small} pages, the socket to send to or
   *     {@code wire}, the socket to receive from (which may be the same)
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 4) {
      System.err.println(
          "usage: LoadGenerator QUEUE-SIZE huge|small SEND-SOCKET|wire RECEIVE-SOCKET");
      System.exit(2);
    }
    int queueSize = Integer.parseInt(arguments[0]);
    boolean hugePages = arguments[1].equals("huge");
    String to = arguments[2];
    Path from = Path.of(arguments[3]);
    try (LoadPort receiver = LoadPort.connect(from, queueSize, hugePages)) {
      System.out.println("features: " + receiver.features());
      if (to.equals(WIRE)) {
        try (SharedWire wire = SharedWire.create(queueSize)) {
          System.out.println(WIRE + ": " + wire.path());
          serve(new LoadEngine(new LoadWire(wire), receiver));
        }
      } else if (to.equals(arguments[3])) {
        serve(new LoadEngine(receiver, receiver));
      } else {
        try (LoadPort sender = LoadPort.connect(Path.of(to), queueSize, hugePages)) {
          serve(new LoadEngine(sender, receiver));
        }
      }
    }
    System.exit(0);
  }

  private static void serve(LoadEngine engine) throws IOException {
    CommandLoop.run(READY, command -> answer(engine, command));
  }

  private static String answer(LoadEngine engine, String command) {
    TrialSpec spec = TrialSpec.parse(command);
    return spec == null
        ? CommandLoop.unknown(command, "trial MIX RATE LENGTH-MS")
        : engine.run(spec).format();
  }
}
