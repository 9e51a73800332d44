// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import io.iovtee.bench.peer.CleanUp;
import io.iovtee.bench.peer.PeerException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * A subcommand of {@code iovtee bench}: checks its options, measures, writes the report. Give it
 * picocli's {@code @Command} and name it in {@code io.iovtee.bench.Main}.
 */
public abstract class BenchCommand implements Callable<Integer> {
  @Mixin private OutputOptions output = new OutputOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  /** The first option with a value that can not work, with what is allowed; or null. */
  protected abstract @Nullable String firstError();

  /**
   * Measures.
   *
   * @param directory an empty one for sockets and configuration files; removed afterwards
   * @param progress for lines that say what is under way
   * @throws PeerException if it can not be measured, with the reason and the next step
   */
  protected abstract Report measure(Path directory, PrintStream progress) throws IOException;

  /** Exit status 0, or 1 when it could not be measured. */
  @Override
  public final Integer call() throws IOException {
    String error = firstError();
    if (error != null) {
      throw new ParameterException(spec.commandLine(), error);
    }
    Path directory = Files.createTempDirectory("iovtee-bench-");
    CleanUp cleanUp = CleanUp.register(directory.toString(), () -> delete(directory));
    try {
      output.write(measure(directory, System.err), System.out);
      return 0;
    } catch (PeerException e) {
      System.err.println(spec.qualifiedName() + ": " + e.getMessage());
      return 1;
    } finally {
      cleanUp.close();
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> entries = Files.walk(directory)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(entry);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
