// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.bench.peer.CoreDistance;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Row;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs JMH benchmarks one by one, and makes rows of what they say. */
final class MicroRun {
  static final Metric NS = new Metric("ns", "ns", 2, false);

  private static final String SUFFIX = "Benchmark";
  private static final String ACROSS_CORES = AcrossCoresBenchmark.class.getName();

  private final ChainedOptionsBuilder options;
  private final PrintStream progress;
  private final Supplier<CoreDistance> openCores;
  private @Nullable CoreDistance cores;

  /**
   * Prepares.
   *
   * @param options how long and how often; names no benchmark
   * @param openCores for the distance of the two cores, if a benchmark needs two
   */
  MicroRun(ChainedOptionsBuilder options, Supplier<CoreDistance> openCores, PrintStream progress) {
    this.options = options;
    this.openCores = openCores;
    this.progress = progress;
  }

  /** Full names of the benchmarks in which a regular expression is found, in order. */
  static List<String> named(String regex) {
    List<String> names = new ArrayList<>();
    OutputFormat silent = OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT);
    for (BenchmarkListEntry entry : BenchmarkList.defaultList().getAll(silent, List.of())) {
      if (Pattern.compile(regex).matcher(label(entry.getUsername())).find()) {
        names.add(entry.getUsername());
      }
    }
    return names.stream().sorted().toList();
  }

  /** {@code ReceiveVirtqueue.take}: class and method, without the package. */
  static String label(String name) {
    int method = name.lastIndexOf('.');
    String type = name.substring(name.lastIndexOf('.', method - 1) + 1, method);
    return type.substring(0, type.length() - SUFFIX.length()) + name.substring(method);
  }

  /** One row for each combination of a benchmark's parameters. */
  List<Row> run(String name) {
    progress.println("micro: " + label(name));
    boolean acrossCores = name.startsWith(ACROSS_CORES);
    double roundTripNs = acrossCores ? roundTripNs() : Double.NaN;
    Collection<RunResult> results = results(name);
    if (acrossCores) {
      roundTripNs = Math.max(roundTripNs, roundTripNs());
    }
    List<Row> rows = new ArrayList<>();
    List<Figure> figures =
        acrossCores ? List.of(new Figure("coreRoundTripNs", "core ns", roundTripNs, 0)) : List.of();
    for (RunResult result : results) {
      rows.add(row(name, result, figures));
    }
    return rows;
  }

  /** NaN while somebody else has one of the cores: the reading beside it counts all the same. */
  private double roundTripNs() {
    try {
      CoreDistance distance = cores;
      if (distance == null) {
        distance = openCores.get();
        cores = distance;
      }
      return distance.roundTripNs();
    } catch (PeerException e) {
      progress.println("micro: the distance of the cores is not known: " + e.getMessage());
      return Double.NaN;
    }
  }

  private Collection<RunResult> results(String name) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(log, true, StandardCharsets.UTF_8);
    try {
      return new Runner(
              new OptionsBuilder()
                  .parent(options.build())
                  .include("^" + Pattern.quote(name) + "$")
                  .shouldFailOnError(true)
                  .build(),
              OutputFormatFactory.createFormatInstance(out, VerboseMode.NORMAL))
          .run();
    } catch (RunnerException e) {
      String said = log.toString(StandardCharsets.UTF_8);
      throw new PeerException(label(name) + " failed: " + e.getMessage() + "\n" + said, e);
    }
  }

  private static Row row(String name, RunResult result, List<Figure> figures) {
    Map<String, Object> parameters = new LinkedHashMap<>();
    parameters.put("benchmark", label(name));
    for (String key : result.getParams().getParamsKeys()) {
      parameters.put(key, result.getParams().getParam(key));
    }
    List<List<Double>> forks = new ArrayList<>();
    for (BenchmarkResult fork : result.getBenchmarkResults()) {
      List<Double> readings = new ArrayList<>();
      for (IterationResult iteration : fork.getIterationResults()) {
        readings.add(iteration.getPrimaryResult().getScore());
      }
      forks.add(readings);
    }
    return new Row("micro", parameters, "iovtee", NS, forks, figures, Goal.NONE);
  }
}
