// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Short commands of the system: run, wait, read what they wrote. */
final class Commands {
  /** The commands used here ({@code ip}, {@code kill}) answer at once; this only bounds a hang. */
  private static final long TIMEOUT_MS = 60_000;

  private Commands() {}

  /**
   * Runs a command to its end.
   *
   * @return its stdout and stderr
   * @throws PeerException if it fails, with what it wrote
   */
  static String run(String... command) {
    String line = String.join(" ", command);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      if (!process.waitFor(TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new PeerException("no end after " + TIMEOUT_MS + " ms: " + line);
      }
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (process.exitValue() != 0) {
        throw new PeerException(
            "exit status " + process.exitValue() + " of: " + line + ": " + output);
      }
      return output;
    } catch (IOException e) {
      throw new PeerException("could not run: " + line + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException("interrupted while running: " + line, e);
    }
  }

  /** Full path of a program on the PATH, or null. */
  static @Nullable Path find(String program) {
    for (String directory : System.getenv().getOrDefault("PATH", "/usr/bin:/bin").split(":")) {
      Path path = Path.of(directory, program);
      if (Files.isExecutable(path)) {
        return path;
      }
    }
    return null;
  }
}
