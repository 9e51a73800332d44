// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code iovtee stats}: all counters of a running switch. */
@Command(
    name = "stats",
    mixinStandardHelpOptions = true,
    description = "Prints the counters of a running switch: outcomes, reasons, loops.")
final class StatsCommand implements Callable<Integer> {
  @Mixin private ServerOptions server = new ServerOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    return server.print(spec.commandLine().getOut(), "/api/v1/stats");
  }
}
