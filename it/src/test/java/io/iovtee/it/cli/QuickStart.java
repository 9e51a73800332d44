// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * JVM options for commands that ask a running switch something and end: nearly all of their time is
 * the start, and the tests start more than a hundred. They take their classes out of an AOT cache
 * made once by the first of them, as below {@code ./iovtee}, and compile without C2. Without a
 * cache they are only slower.
 */
final class QuickStart {
  /** These move frames, so the tests run them with the options that we ship and no others. */
  private static final Set<String> STAY = Set.of("run", "demo", "nf");

  private static final String NO_C2 = "-XX:TieredStopAtLevel=1";

  private static Path file = Path.of("");

  private QuickStart() {}

  /**
   * @param java the JVM with its other options
   * @param jar of the switch
   * @param arguments of the command line
   */
  static List<String> options(List<String> java, Path jar, String... arguments) {
    boolean asks =
        arguments.length > 0 && !arguments[0].startsWith("-") && !STAY.contains(arguments[0]);
    return asks
        ? List.of(NO_C2, cache(java, jar), "-Xlog:aot*=off:stderr", "-Xlog:cds*=off:stderr")
        : List.of();
  }

  private static synchronized String cache(List<String> java, Path jar) {
    if (file.toString().isEmpty()) {
      try {
        Path directory = Files.createTempDirectory("iovtee-commands");
        directory.toFile().deleteOnExit();
        file = directory.resolve("commands.aot");
        make(java, jar);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      file.toFile().deleteOnExit();
    }
    return "-XX:AOTCache=" + file;
  }

  /** Learns from a command that finds no switch: it has read its options and tried to connect. */
  private static void make(List<String> java, Path jar) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(java);
    command.addAll(List.of(NO_C2, "-XX:AOTCacheOutput=" + file, "-jar", jar.toString()));
    command.addAll(List.of("port", "list", "--server", "http://127.0.0.1:1"));
    new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
