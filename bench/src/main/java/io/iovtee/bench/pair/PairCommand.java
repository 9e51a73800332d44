// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.report.BenchCommand;
import io.iovtee.bench.report.Environment;
import io.iovtee.bench.report.Report;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;

/** {@code oneway} and {@code pvp}: the same comparison along two paths. */
abstract class PairCommand extends BenchCommand {
  /** What the columns of a {@link Result} mean. */
  static final String LEGEND =
      """
      Mpps: million frames per second that the NF received (pvp: and sent back), by its own counters;
      median, lowest and highest window; starts: lowest and highest median of one start. cycles: busy
      TSC ticks of the switch's core per received frame, times receptions per frame (oneway 1, pvp 2),
      emulated NIC included; no NIC: without it. NF cycles: busy TSC ticks of the NF's core per frame;
      where Mpps times them is the core's MHz, the NF is the limit. alloc: heap bytes of the poll thread
      per received frame; copied: bytes copied per frame from NIC to NF. core ns: a cache line from one
      core to the other and back, measured at both ends of each window. rejected: windows in which a
      polling thread lost its core, or the cores were far apart. With --nic xdp, kernel: share of the
      switch's core that the kernel took; pvp: lost, of the frames that go round; oneway: offered, Mpps sent to
      the NIC, and the share of them that did not get into the switch, or not through it, in all starts.
      """;

  private final Scenario scenario;

  @Mixin private PairOptions options = new PairOptions();

  PairCommand(Scenario scenario) {
    this.scenario = scenario;
  }

  @Override
  protected @Nullable String firstError() {
    boolean limited = options.nic() == Nic.XDP && scenario == Scenario.ONEWAY;
    if (options.subjects.contains(Subject.LIMIT) && !limited) {
      return "--subjects: limit is that of oneway --nic xdp only";
    }
    if (options.lightFunctions() && scenario != Scenario.PVP) {
      return "--nf: light sends each frame back, so it is for pvp and scale only";
    }
    return options.firstError();
  }

  @Override
  protected Report measure(Path directory, PrintStream progress) throws IOException {
    Environment environment = new Environment();
    int functions = options.functions == null ? 1 : options.functions;
    List<Result> results =
        Comparison.all(options, scenario, functions, directory, environment, progress);
    return new Report(
        environment,
        options.settings(),
        results.stream().map(Result::toRow).toList(),
        Goals.ratios(results),
        LEGEND);
  }
}
