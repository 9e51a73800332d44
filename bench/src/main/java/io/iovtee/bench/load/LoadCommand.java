// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.peer.CoreDistance;
import io.iovtee.bench.peer.CoreOptions;
import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/** What the load scenarios share: rigs of all subjects, started several times. */
abstract class LoadCommand extends BenchCommand {
  @Mixin private LoadOptions options = new LoadOptions();

  private final String scenario;
  private final String legend;
  private final List<String> defaultMixes;

  /**
   * @param defaultMixes frames, unless the command line names others
   */
  LoadCommand(String scenario, String legend, List<String> defaultMixes) {
    this.scenario = scenario;
    this.legend = legend;
    this.defaultMixes = defaultMixes;
  }

  final LoadOptions options() {
    return options;
  }

  @Override
  protected @Nullable String firstError() {
    String error = path().firstError();
    return error == null ? options.firstError(path().path) : error;
  }

  /** Which way the frames go. */
  abstract PathOptions path();

  /** Takes the readings of one start of all subjects; the rigs are warm and paused. */
  abstract void measureFork(int fork, List<LoadRig> rigs, Cases cases);

  /** What is wanted of one subject over the other in a case: see {@link Cases#ratios}. */
  abstract Goal goal(Map<String, Object> parameters);

  /** Options of its own that shape the numbers. */
  abstract Map<String, Object> settings();

  /** Frames that the rigs are warmed up and measured with. */
  final List<FrameMix> mixes() {
    return options.mixes(defaultMixes);
  }

  /** So many readings of each rig, one of each in turn; only the one that is read runs. */
  static void inTurns(int rounds, List<LoadRig> rigs, Consumer<LoadRig> reading) {
    for (int round = 0; round < rounds; round++) {
      for (int turn = 0; turn < rigs.size(); turn++) {
        LoadRig rig = rigs.get((round + turn) % rigs.size());
        rig.resume();
        reading.accept(rig);
        rig.pause();
      }
    }
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) {
    Environment environment = new Environment();
    environment.note("path", path().path.topology());
    Cases cases = new Cases(scenario);
    CoreOptions cpus = options.counting.cores;
    CoreDistance cores = new CoreDistance(cpus.functionCpu, cpus.switchCpu);
    LoadRig.Bench bench = new LoadRig.Bench(options, path(), cores, directory, progress);
    for (int fork = 0; fork < options.counting.forks; fork++) {
      List<LoadRig> rigs = new ArrayList<>();
      try {
        for (LoadSubject subject : options.subjects(path().path)) {
          rigs.add(start(subject, fork, bench));
        }
        rigs.stream()
            .map(LoadRig::version)
            .filter(version -> !version.isEmpty())
            .forEach(version -> environment.note("dpdk", version));
        measureFork(fork, rigs, cases);
      } finally {
        rigs.forEach(LoadRig::close);
      }
    }
    List<Row> rows = cases.rows();
    Map<String, Object> settings = new LinkedHashMap<>(options.settings());
    settings.putAll(path().settings());
    settings.putAll(settings());
    return new Report(environment, settings, rows, Cases.ratios(rows, this::goal), legend);
  }

  private LoadRig start(LoadSubject subject, int fork, LoadRig.Bench bench) {
    String name = subject.label() + "-" + fork;
    bench
        .progress()
        .printf("%-8s start %d of %d%n", subject.label(), fork + 1, options.counting.forks);
    LoadRig rig = LoadRig.start(subject, name, bench);
    try {
      for (FrameMix mix : mixes()) {
        rig.warmUp(mix, options.counting.warmUpSeconds / mixes().size());
      }
      rig.pause();
      return rig;
    } catch (RuntimeException e) {
      rig.close();
      throw e;
    }
  }
}
