// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Report;
import io.iovtee.bench.report.Row;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench scale}: what ports and queues cost one loop, and several NFs on one switch core. */
@Command(
    name = "scale",
    mixinStandardHelpOptions = true,
    description =
        "What one poll loop pays for more ports and queues, and what reaches several network"
            + " functions (pvp, --nfs, default 4), beside DPDK's testpmd with the same ones.")
public final class ScaleCommand extends BenchCommand {
  private static final int FUNCTIONS = 4;

  private static final String LEGEND =
      """
      ns per frame: what the loop spends on a frame in duty cycles with frames, emulated NIC excluded.
      ports: one port with endless traffic, sent back out of it, and the others idle; idle poll: what a
      port without traffic adds to a duty cycle, in ns, two readings of the clock for the emulation's
      account included. queues: of one port, all with endless traffic. Our switch, no network
      function, one start.
      """;

  @Option(
      names = "--ports",
      split = ",",
      defaultValue = "1,4,16,64",
      paramLabel = "COUNT",
      description =
          "Ports of one loop; the first is what the others are compared with"
              + " (default: ${DEFAULT-VALUE}).")
  private List<Integer> ports = List.of();

  @Option(
      names = "--queues",
      split = ",",
      defaultValue = "1,4,16",
      paramLabel = "COUNT",
      description = "Queues of the one port (default: ${DEFAULT-VALUE}).")
  private List<Integer> queues = List.of();

  @Mixin private PairOptions options = new PairOptions();

  @Override
  protected @Nullable String firstError() {
    for (int count : ports) {
      if (count < 1 || count > PortScale.PORTS_MAX) {
        return "--ports: " + count + " is not in 1.." + PortScale.PORTS_MAX;
      }
    }
    for (int count : queues) {
      if (count < 1 || count > PortScale.QUEUES_MAX) {
        return "--queues: " + count + " is not in 1.." + PortScale.QUEUES_MAX;
      }
    }
    String error = options.firstError();
    return error == null ? options.functionsError(functions()) : error;
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) throws IOException {
    Environment environment = new Environment();
    List<Row> rows = new ArrayList<>();
    PortScale scale = new PortScale(options, directory, progress);
    rows.addAll(scale.overPorts(ports));
    rows.addAll(scale.overQueues(queues));
    List<Result> results =
        Comparison.all(options, Scenario.PVP, functions(), directory, environment, progress);
    results.forEach(result -> rows.add(result.toRow()));
    Map<String, Object> settings = new LinkedHashMap<>(options.settings());
    settings.put("ports", ports);
    settings.put("queues", queues);
    return new Report(
        environment, settings, rows, Goals.ratios(results), LEGEND + PairCommand.LEGEND);
  }

  private int functions() {
    return options.functions == null ? FUNCTIONS : options.functions;
  }
}
