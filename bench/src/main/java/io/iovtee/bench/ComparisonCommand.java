// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import io.iovtee.bench.peer.CleanUp;
import io.iovtee.bench.peer.PeerException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code oneway} and {@code pvp}: the same comparison along two paths. */
abstract class ComparisonCommand implements Callable<Integer> {
  private final Scenario scenario;

  @Mixin private BenchOptions options = new BenchOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  ComparisonCommand(Scenario scenario) {
    this.scenario = scenario;
  }

  /** Measures and prints. Exit status 0, or 1 when it could not be measured. */
  @Override
  public Integer call() throws IOException {
    String error = options.firstError();
    if (error != null) {
      throw new ParameterException(spec.commandLine(), error);
    }
    try {
      Report report = measure(System.err);
      String json = JsonText.of(report.toMap());
      if (options.out != null) {
        Files.writeString(options.out, json + "\n");
      }
      System.out.println(options.json ? json : report.toTable());
      return 0;
    } catch (PeerException e) {
      System.err.println(spec.qualifiedName() + ": " + e.getMessage());
      return 1;
    }
  }

  private Report measure(PrintStream progress) throws IOException {
    Path directory = Files.createTempDirectory("iovtee-bench-");
    CleanUp cleanUp = CleanUp.register(directory.toString(), () -> delete(directory));
    try {
      Environment environment = new Environment();
      Contestants contestants = new Contestants(options, directory);
      List<Result> results = new ArrayList<>();
      for (int frameBytes : options.frameSizes) {
        Comparison comparison = new Comparison(options, scenario, frameBytes, progress);
        results.addAll(comparison.run(contestants, environment));
      }
      return new Report(options, environment, results);
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
