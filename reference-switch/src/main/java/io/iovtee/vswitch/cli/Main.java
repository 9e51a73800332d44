// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.config.ConfigException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry: exit code 0 for success, 1 for an error, 2 for wrong usage. */
@Command(
    name = "iovtee",
    mixinStandardHelpOptions = true,
    version = "iovtee 0.1.0",
    description = "A vswitch that lets the NIC write straight into a network function's buffers.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      RunCommand.class,
      NfCommand.class,
      DoctorCommand.class,
      FlowCommand.class,
      TraceCommand.class,
      PortCommand.class,
      QueueCommand.class,
      MappingCommand.class,
      StatsCommand.class,
      CommandLine.HelpCommand.class
    },
    footer = {
      "",
      "The benchmarks are a command of their own: iovtee bench --help.",
      "Exit codes: 0 success, 1 error, 2 wrong usage."
    })
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((error, command, _) -> explain(error, command));
  }

  /** One line for what the user can mend; a stack trace only for what is our fault. */
  private static int explain(Exception error, CommandLine command) {
    boolean ours =
        !(error instanceof ConfigException
            || error instanceof IllegalStateException
            || error instanceof IllegalArgumentException
            || error instanceof CommandException
            || error.getClass().getName().startsWith("io.iovtee."));
    if (ours) {
      error.printStackTrace(command.getErr());
    } else {
      command.getErr().println("iovtee: " + error.getMessage());
    }
    command.getErr().flush();
    return CommandLine.ExitCode.SOFTWARE;
  }
}
