// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.rules;

import io.iovtee.bench.peer.CleanUp;
import io.iovtee.bench.peer.PeerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code iovtee flow} against a running switch. */
final class FlowClient {
  private static final long LOOK_MS = 20;

  private final Path launcher;
  private final List<String> environment;
  private final String server;
  private final Path directory;

  /**
   * What a command took.
   *
   * @param seconds from its start to its end, that of the JVM included
   * @param memoryKb the most that the client had in memory, looked at every 20 ms
   * @param status its exit status
   */
  record Done(double seconds, long memoryKb, int status) {}

  FlowClient(Path launcher, List<String> environment, String server, Path directory) {
    this.launcher = launcher;
    this.environment = environment;
    this.server = server;
    this.directory = directory;
  }

  /**
   * Runs a command to its end; what it prints goes to a file, as a million lines may come.
   *
   * @throws PeerException if it fails, or is not done in time
   */
  Done run(long timeoutS, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("env"));
    command.addAll(environment);
    command.addAll(List.of(launcher.toString(), "flow"));
    command.addAll(arguments);
    command.addAll(List.of("--server", server));
    Path errors = directory.resolve("errors.txt");
    long startNs = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(directory.resolve("output.txt").toFile())
            .redirectError(errors.toFile())
            .start();
    CleanUp cleanUp = CleanUp.register("iovtee flow", process::destroyForcibly);
    try {
      long memoryKb = 0;
      while (!process.waitFor(LOOK_MS, TimeUnit.MILLISECONDS)) {
        memoryKb = Math.max(memoryKb, Memory.mostKb(process.pid()));
        if (System.nanoTime() - startNs > timeoutS * 1_000_000_000) {
          throw new PeerException("not done in " + timeoutS + " s: " + String.join(" ", command));
        }
      }
      double seconds = (System.nanoTime() - startNs) / 1e9;
      int status = process.exitValue();
      if (status > (arguments.getFirst().equals("diff") ? 1 : 0)) {
        throw new PeerException(String.join(" ", command) + ": " + Files.readString(errors));
      }
      return new Done(seconds, memoryKb, status);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException("interrupted", e);
    } finally {
      cleanUp.close();
    }
  }
}
