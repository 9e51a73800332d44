// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.vswitch.assembly.WarmUp;
import io.iovtee.vswitch.config.ConfigException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The entry: exit code 0 for success, 1 for an error, 2 for wrong usage. */
@Command(
    name = "iovtee",
    mixinStandardHelpOptions = true,
    description = "A vswitch that lets the NIC write straight into a network function's buffers.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "The benchmarks are a command of their own: iovtee bench --help.",
      "Exit codes: 0 success, 1 error, 2 wrong usage."
    })
public final class Main {
  private static final Map<String, Supplier<Object>> COMMANDS = new LinkedHashMap<>();

  static {
    COMMANDS.put("demo", DemoCommand::new);
    COMMANDS.put("run", RunCommand::new);
    COMMANDS.put("nf", NfCommand::new);
    COMMANDS.put("doctor", DoctorCommand::new);
    COMMANDS.put("flow", FlowCommand::new);
    COMMANDS.put("group", GroupCommand::new);
    COMMANDS.put("meter", MeterCommand::new);
    COMMANDS.put("trace", TraceCommand::new);
    COMMANDS.put("port", PortCommand::new);
    COMMANDS.put("queue", QueueCommand::new);
    COMMANDS.put("mapping", MappingCommand::new);
    COMMANDS.put("mirror", MirrorCommand::new);
    COMMANDS.put("punt", PuntCommand::new);
    COMMANDS.put("stats", StatsCommand::new);
    COMMANDS.put("cluster", ClusterCommand::new);
    COMMANDS.put("top", TopCommand::new);
    COMMANDS.put("token", TokenCommand::new);
  }

  private Main() {}

  public static void main(String[] arguments) {
    String first = arguments.length == 0 ? "" : arguments[0];
    if (first.equals("run")) {
      WarmUp.begin();
    }
    System.exit(commandLine(first).execute(arguments));
  }

  /** With all commands. */
  static CommandLine commandLine() {
    return commandLine("");
  }

  /**
   * With the one command that is asked for, if there is one of this name: looking at the options of
   * all the others took a fifth of a second of each start.
   */
  private static CommandLine commandLine(String asked) {
    CommandLine line = new CommandLine(new Main());
    boolean one = COMMANDS.containsKey(asked);
    COMMANDS.forEach((name, command) -> {
      if (!one || name.equals(asked)) {
        line.addSubcommand(name, command.get());
      }
    });
    if (!one) {
      // Not by a reference to its constructor, as above: class files of picocli are too old for the
      // AOT cache, and with such a reference JDK 25.0.3 fails to write it.
      line.addSubcommand("help", new CommandLine.HelpCommand());
    }
    return BuildVersion.on(line)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Main::wrongUsage)
        .setExecutionExceptionHandler((error, command, _) -> explain(error, command));
  }

  /** What is wrong and where to read more; the whole help only where a command is missing. */
  private static int wrongUsage(ParameterException wrong, String... arguments) {
    CommandLine line = wrong.getCommandLine();
    PrintWriter err = line.getErr();
    String name = line.getCommandSpec().qualifiedName();
    err.println(name + ": " + wrong.getMessage());
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      unmatched.printSuggestions(err);
    }
    if (line.getSubcommands().isEmpty() || wrong instanceof UnmatchedArgumentException) {
      err.println("See '" + name + " --help'.");
    } else {
      line.usage(err);
    }
    err.flush();
    return CommandLine.ExitCode.USAGE;
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
    return error instanceof UsageException
        ? CommandLine.ExitCode.USAGE
        : CommandLine.ExitCode.SOFTWARE;
  }
}
