// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import io.iovtee.api.SwitchStats;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Our switch in a process of its own, driven by lines on stdin: {@code stats} answers one line
 * ({@link StatsLine}), {@code quit} or the end of stdin ends it.
 */
public final class SwitchUnderTest {
  /** Written when the switch runs and its sockets are there. */
  static final String READY = "switch under test is ready";

  private SwitchUnderTest() {}

  /** A running switch, as far as a benchmark cares. */
  interface Running extends AutoCloseable {
    SwitchStats stats();

    @Override
    void close();
  }

  /**
   * Runs until {@code quit}.
   *
   * @param arguments the configuration file
   */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("usage: SwitchUnderTest CONFIGURATION-FILE");
      System.exit(2);
    }
    try (Running running = start(Path.of(arguments[0]))) {
      System.out.println(READY);
      serve(running);
    }
    System.exit(0);
  }

  private static void serve(Running running) throws IOException {
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      switch (line.strip()) {
        case "stats" -> System.out.println(StatsLine.of(running.stats()).format());
        case "quit" -> {
          return;
        }
        default -> System.out.println("unknown command: " + line + "; known: stats, quit");
      }
    }
  }

  private static Running start(Path configuration) {
    throw new UnsupportedOperationException("no switch is built in yet: " + configuration);
  }
}
