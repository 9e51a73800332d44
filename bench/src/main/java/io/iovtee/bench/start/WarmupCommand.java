// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import io.iovtee.bench.report.Series;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench warmup}. */
@Command(
    name = "warmup",
    mixinStandardHelpOptions = true,
    description = {
      "From the first frame at a network function to the switch's full rate: without and with"
          + " the warm-up before the ports open (switch.warm-up-ms), and with the JVM's AOT cache."
    })
public final class WarmupCommand extends BenchCommand {
  private static final Metric SECONDS = new Metric("seconds", "s", 2, false);
  private static final double SHARE = 0.95;
  private static final long FIRST_FRAME_TIMEOUT_MS = 30_000;

  /** Without the plugin: on two cores its start would take the loop's core meanwhile. */
  private static final String WITH = "plugins: {directory: none}";

  private static final String WITHOUT = "switch: {warm-up-ms: 0}\n" + WITH;

  private static final String LEGEND =
      """
      s: from the first frame at the network function to the first tenth of a second with 95 % of the
      steady rate (the median of the last third of the time); median, least and most of all starts.
      first: seconds from exec to the first frame. steady: Mpps. below: million frames fewer than at
      the steady rate from the first frame on.
      """;

  @Mixin private StartOptions options = new StartOptions();

  @Option(
      names = "--seconds",
      defaultValue = "6",
      description = "Length of a run after its first frame, 2 to 600 (default: ${DEFAULT-VALUE}).")
  private int seconds;

  /** For picocli. */
  public WarmupCommand() {}

  @Override
  protected @Nullable String firstError() {
    if (seconds < 2 || seconds > 600) {
      return "--seconds: " + seconds + " is not in 2..600";
    }
    return options.firstError();
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) {
    String off = "IOVTEE_AOT=off";
    Map<String, Starter> subjects = new LinkedHashMap<>();
    subjects.put("cold", new JavaStart(options, directory, List.of(off), WITHOUT));
    subjects.put("warm-up", new JavaStart(options, directory, List.of(off), WITH));
    subjects.put("aot", new JavaStart(options, directory, List.of(), WITHOUT));
    subjects.put("aot+warm-up", new JavaStart(options, directory, List.of(), WITH));
    SinkFunction function = new SinkFunction(options.cores.functionCpu, options.cores.queueSize);
    // The function's own code is compiled in the first round, which does not count.
    Map<String, List<Arrivals>> runs = new LinkedHashMap<>();
    for (int round = 0; round <= options.starts; round++) {
      for (Map.Entry<String, Starter> subject : subjects.entrySet()) {
        if (round == 0 && !runs.isEmpty()) {
          continue;
        }
        Arrivals run = subject.getValue().start(function, FIRST_FRAME_TIMEOUT_MS, seconds * 1000L);
        progress.printf(
            "%s: first frame after %.3f s, 95 %% after %.2f s more, %.2f Mpps%n",
            subject.getKey(), run.firstS(), run.secondsTo(SHARE), run.steadyPps() / 1e6);
        List<Arrivals> kept = runs.computeIfAbsent(subject.getKey(), key -> new ArrayList<>());
        if (round > 0) {
          kept.add(run);
        }
      }
    }
    List<Row> rows = new ArrayList<>();
    runs.forEach((subject, all) -> rows.add(row(subject, all)));
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("starts", options.starts);
    settings.put("seconds", seconds);
    settings.put("frameBytes", options.frameBytes);
    options.cores.addTo(settings);
    return new Report(new Environment(), settings, rows, List.of(), LEGEND);
  }

  private static Row row(String subject, List<Arrivals> runs) {
    List<Double> readings = runs.stream().map(run -> run.secondsTo(SHARE)).toList();
    return Row.of("warmup", Map.of(), subject, SECONDS, readings)
        .with(
            List.of(
                new Figure("firstFrameSeconds", "first", median(runs, Arrivals::firstS), 3),
                new Figure("steadyMpps", "steady", median(runs, Arrivals::steadyPps) / 1e6, 2),
                new Figure(
                    "framesBelowMillions",
                    "below",
                    median(runs, Arrivals::framesBelowSteady) / 1e6,
                    2)));
  }

  private static double median(List<Arrivals> runs, ToDoubleFunction<Arrivals> value) {
    return Series.of(runs.stream().mapToDouble(value).toArray()).median();
  }
}
