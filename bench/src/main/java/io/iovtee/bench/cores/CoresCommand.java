// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.cores;

import io.iovtee.bench.peer.CoreDistance;
import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import io.iovtee.vswitch.linux.Scheduler;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench cores}: how far each two cores are from each other, to choose those that poll. */
@Command(
    name = "cores",
    mixinStandardHelpOptions = true,
    description =
        "How long a cache line takes from one core to another and back, for each pair: what"
            + " decides which cores a poll loop and its network function should have. Needs root"
            + " (CAP_SYS_NICE), and cores that nothing else keeps busy.")
public final class CoresCommand extends BenchCommand {
  private static final Metric NS = new Metric("roundTripNs", "ns", 0, false);

  /** All pairs of so many cores take about two minutes. */
  private static final int CORES_MAX = 64;

  private static final int READINGS_MAX = 1_000;

  private static final String LEGEND =
      """
      ns: a cache line from one core to the other and back; median, lowest and highest reading. Cores with
      a small number share a cache: give them to a poll loop and its network function.
      """;

  @Option(
      names = "--cpus",
      split = ",",
      paramLabel = "CPU",
      description =
          "Cores to look at, 2 to 64, isolated ones too (default: the first 64 that this process"
              + " may use).")
  private List<Integer> cpus = List.of();

  @Option(
      names = "--readings",
      paramLabel = "N",
      defaultValue = "5",
      description = "Of each pair, some milliseconds each (default: ${DEFAULT-VALUE}).")
  private int readings = 5;

  @Override
  protected @Nullable String firstError() {
    List<Integer> chosen = chosen();
    if (chosen.size() < 2 || chosen.size() > CORES_MAX) {
      return "--cpus: " + chosen.size() + " of them, not 2.." + CORES_MAX;
    }
    if (chosen.stream().distinct().count() < chosen.size()) {
      return "--cpus: one of them twice";
    }
    if (chosen.stream().anyMatch(cpu -> cpu < 0)) {
      return "--cpus: cores are numbered from 0";
    }
    return readings < 1 || readings > READINGS_MAX
        ? "--readings: " + readings + " is not in 1.." + READINGS_MAX
        : null;
  }

  private List<Integer> chosen() {
    return cpus.isEmpty() ? Scheduler.affinity(0).stream().boxed().limit(CORES_MAX).toList() : cpus;
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) {
    List<Integer> chosen = chosen();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < chosen.size(); i++) {
      for (int k = i + 1; k < chosen.size(); k++) {
        rows.add(pair(chosen.get(i), chosen.get(k)));
      }
      progress.println("cores: " + (i + 1) + " of " + chosen.size());
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("cpus", chosen);
    settings.put("readings", readings);
    return new Report(new Environment(), settings, rows, List.of(), LEGEND);
  }

  private Row pair(int one, int other) {
    CoreDistance distance = new CoreDistance(one, other);
    List<Double> ns = new ArrayList<>();
    for (int i = 0; i < readings; i++) {
      ns.add(distance.roundTripNs());
    }
    return Row.of("cores", Map.of(), one + "-" + other, NS, ns);
  }
}
