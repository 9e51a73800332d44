// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/** The other end of a {@link CommandedProcess}: commands on stdin, answers on stdout. */
public final class CommandLoop {
  private CommandLoop() {}

  /**
   * Says that the program is ready, and works until {@code quit} or the end of stdin.
   *
   * @param ready the line that says so
   * @param answer of a command, one line
   */
  public static void run(String ready, Function<String, String> answer) throws IOException {
    System.out.println(ready);
    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String command = line.strip();
      if (command.equals("quit")) {
        return;
      }
      System.out.println(answer.apply(command));
    }
  }

  /** The answer to a command that the program does not have. */
  public static String unknown(String command, String known) {
    return "unknown command: " + command + "; known: " + known + ", quit";
  }

  /** Starts a thread without which the program is no use: if it fails, the program ends. */
  public static Thread startVital(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setUncaughtExceptionHandler((failed, failure) -> {
      failure.printStackTrace();
      Runtime.getRuntime().halt(1);
    });
    thread.start();
    return thread;
  }
}
