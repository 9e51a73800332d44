// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import io.iovtee.bench.classifier.ClassifierCommand;
import io.iovtee.bench.cores.CoresCommand;
import io.iovtee.bench.idle.IdleCommand;
import io.iovtee.bench.load.LatencyCommand;
import io.iovtee.bench.load.NdrCommand;
import io.iovtee.bench.load.Vm2VmCommand;
import io.iovtee.bench.micro.MicroCommand;
import io.iovtee.bench.pair.OneWayCommand;
import io.iovtee.bench.pair.PvpCommand;
import io.iovtee.bench.pair.ScaleCommand;
import io.iovtee.bench.remap.RemapCommand;
import io.iovtee.bench.rules.RulesCommand;
import io.iovtee.bench.start.StartupCommand;
import io.iovtee.bench.start.WarmupCommand;
import io.iovtee.vswitch.cli.BuildVersion;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * {@code iovtee bench}: progress on stderr, results on stdout. A new command is a {@link
 * io.iovtee.bench.report.BenchCommand} and a line here.
 */
@Command(
    name = "iovtee bench",
    mixinStandardHelpOptions = true,
    subcommands = {
      OneWayCommand.class, //
      PvpCommand.class, //
      ClassifierCommand.class, //
      RulesCommand.class, //
      ScaleCommand.class, //
      Vm2VmCommand.class, //
      NdrCommand.class, //
      LatencyCommand.class,
      RemapCommand.class,
      StartupCommand.class,
      WarmupCommand.class,
      IdleCommand.class,
      CoresCommand.class,
      MicroCommand.class,
    },
    synopsisSubcommandLabel = "COMMAND",
    description = "Benchmarks against peers. Needs dpdk-testpmd, huge pages and two free cores.")
public final class Main {
  private Main() {}

  /** Exit status: 0 measured, 1 could not measure, 2 wrong usage. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return BuildVersion.on(new CommandLine(new Main())).setCaseInsensitiveEnumValuesAllowed(false);
  }
}
