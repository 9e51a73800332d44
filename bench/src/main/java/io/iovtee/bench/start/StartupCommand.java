// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.start;

import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bench startup}. */
@Command(
    name = "startup",
    mixinStandardHelpOptions = true,
    description = {
      "From the start of a switch's process to the first frame at a network function: ours with"
          + " and without the JVM's AOT cache, beside DPDK's testpmd."
    })
public final class StartupCommand extends BenchCommand {
  private static final Metric SECONDS = new Metric("seconds", "s", 3, false);
  private static final Goal GOAL = Goal.atMost(1.0);
  private static final long FIRST_FRAME_TIMEOUT_MS = 30_000;
  private static final long COUNT_MS = 100;

  /** As a user has it: the plugin, with HTTP on any free port. */
  private static final String PLUGIN = "plugins: {iovtee: {http: {port: 0}}}";

  private static final String LEGEND =
      """
      s: from exec of ./iovtee run (of dpdk-testpmd) to the first frame in the network function's
      receive ring; median, fastest and slowest start. The function waits for the switch's socket and
      connects at once. The poll loop is pinned to its core, the other threads are not; the function
      leaves its core to them until the first frame. Plugin and HTTP API come up at the same time.
      """;

  @Mixin private StartOptions options = new StartOptions();

  /** For picocli. */
  public StartupCommand() {}

  @Override
  protected @Nullable String firstError() {
    return options.firstError();
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) {
    Map<String, Starter> subjects = new LinkedHashMap<>();
    subjects.put("testpmd", new TestpmdStart(options, directory));
    subjects.put("no-cache", new JavaStart(options, directory, List.of("IOVTEE_AOT=off"), PLUGIN));
    subjects.put("aot-cache", new JavaStart(options, directory, List.of(), PLUGIN));
    SinkFunction function = new SinkFunction(options.cores.functionCpu, options.cores.queueSize);
    Map<String, List<Double>> readings = new LinkedHashMap<>();
    // The first round brings files into the page cache, and makes the AOT cache: it does not count.
    for (int round = 0; round <= options.starts; round++) {
      for (Map.Entry<String, Starter> subject : subjects.entrySet()) {
        Arrivals arrivals = subject.getValue().start(function, FIRST_FRAME_TIMEOUT_MS, COUNT_MS);
        progress.printf("%s: %.3f s%n", subject.getKey(), arrivals.firstS());
        if (round > 0) {
          readings
              .computeIfAbsent(subject.getKey(), key -> new ArrayList<>())
              .add(arrivals.firstS());
        }
      }
    }
    List<Row> rows = new ArrayList<>();
    readings.forEach((subject, seconds) -> {
      Row row = Row.of("startup", Map.of(), subject, SECONDS, seconds);
      rows.add(subject.equals("aot-cache") ? row.with(GOAL) : row);
    });
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("starts", options.starts);
    settings.put("frameBytes", options.frameBytes);
    options.cores.addTo(settings);
    return new Report(new Environment(), settings, rows, List.of(), LEGEND);
  }
}
