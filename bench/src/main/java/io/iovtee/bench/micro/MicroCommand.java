// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.bench.peer.CoreDistance;
import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench micro}. */
@Command(
    name = "micro",
    mixinStandardHelpOptions = true,
    description =
        "What one verb of a ring takes, one header, one lookup, one copy: JMH benchmarks, each in a"
            + " JVM of its own with the switch's options. Needs no peer.")
public final class MicroCommand extends BenchCommand {
  private static final String LEGEND =
      """
      ns: for one buffer, frame, key or command; median, lowest and highest iteration. Both sides of a
      ring are one thread, and its lines in that thread's cache, except for AcrossCores: there the other
      side has a core of its own, and core ns is what a cache line takes from one of the two to the other
      and back, the longer of before and after: 80 to 130 on one die, 400 and more between dies.
      """;

  @Parameters(
      arity = "0..1",
      paramLabel = "REGEX",
      defaultValue = "",
      description =
          "Only benchmarks in whose name it is found; names are like ReceiveVirtqueue.take."
              + " One that is found nowhere lists them all.")
  private String regex = "";

  @Option(
      names = "--forks",
      paramLabel = "N",
      defaultValue = "1",
      description = "JVMs for each benchmark, 1 to 100 (default: ${DEFAULT-VALUE}).")
  private int forks = 1;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      defaultValue = "5",
      description =
          "Readings of each JVM, 1 to 1000, after as many to warm up (default: ${DEFAULT-VALUE}).")
  private int iterations = 5;

  @Option(
      names = "--iteration-ms",
      paramLabel = "MS",
      defaultValue = "200",
      description = "Length of a reading, 1 to 60000 (default: ${DEFAULT-VALUE}).")
  private int iterationMs = 200;

  @Option(
      names = "--cpu",
      defaultValue = "1",
      description = "AcrossCores: core of the measured side (default: ${DEFAULT-VALUE}).")
  private int cpu = 1;

  @Option(
      names = "--partner-cpu",
      defaultValue = "0",
      description = "AcrossCores: core of the other side (default: ${DEFAULT-VALUE}).")
  private int partnerCpu;

  @Override
  protected @Nullable String firstError() {
    if (forks < 1 || forks > 100) {
      return "--forks: " + forks + " is not in 1..100";
    }
    if (iterations < 1 || iterations > 1000) {
      return "--iterations: " + iterations + " is not in 1..1000";
    }
    if (iterationMs < 1 || iterationMs > 60_000) {
      return "--iteration-ms: " + iterationMs + " is not in 1..60000";
    }
    if (cpu == partnerCpu) {
      return "--cpu and --partner-cpu are both " + cpu + ": two sides need two cores";
    }
    try {
      Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      return "REGEX: " + e.getMessage();
    }
    if (MicroRun.named(regex).isEmpty()) {
      List<String> all = MicroRun.named("").stream().map(MicroRun::label).toList();
      return "REGEX: no benchmark is named like " + regex + "; there are " + String.join(", ", all);
    }
    return null;
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) {
    MicroRun run = new MicroRun(options(), () -> new CoreDistance(partnerCpu, cpu), progress);
    List<Row> rows = new ArrayList<>();
    for (String name : MicroRun.named(regex)) {
      rows.addAll(run.run(name));
    }
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("forks", forks);
    settings.put("iterations", iterations);
    settings.put("iterationMs", iterationMs);
    settings.put("cpu", cpu);
    settings.put("partnerCpu", partnerCpu);
    return new Report(new Environment(), settings, rows, List.of(), LEGEND);
  }

  /** Of the JVMs: what they do not inherit from this one, which has the switch's own options. */
  private ChainedOptionsBuilder options() {
    return new OptionsBuilder()
        .forks(forks)
        .warmupIterations(iterations)
        .warmupTime(TimeValue.milliseconds(iterationMs))
        .measurementIterations(iterations)
        .measurementTime(TimeValue.milliseconds(iterationMs))
        .jvmArgsAppend(
            "-D" + Partner.CPU_PROPERTY + "=" + cpu,
            "-D" + Partner.PARTNER_CPU_PROPERTY + "=" + partnerCpu);
  }
}
