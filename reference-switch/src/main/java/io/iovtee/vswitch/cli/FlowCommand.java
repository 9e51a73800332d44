// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee flow}: the rules of a running switch. */
@Command(
    name = "flow",
    mixinStandardHelpOptions = true,
    description = "Lists and changes the rules of a running switch (OVS text form).")
final class FlowCommand {
  private static final String PATH = "/api/v1/flows";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(mixinStandardHelpOptions = true, description = "Lists all rules with their counters.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(mixinStandardHelpOptions = true, description = "Adds a rule, or replaces its equal.")
  int add(
      @Mixin ServerOptions server,
      @Parameters(
              paramLabel = "RULE",
              description =
                  "for example in_port=uplink,dl_dst=02:00:00:00:00:11,actions=output:nf1")
          String rule) {
    return done(server.send("POST", PATH, rule, "text/plain", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Deletes the rule with this id, or the rules with exactly this match.")
  int delete(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "ID|MATCH", description = "an id from 'flow list', or a match")
          String which) {
    boolean isId = which.chars().allMatch(Character::isDigit);
    String path = isId ? PATH + "/" + which : PATH + "?match=" + ServerOptions.encode(which);
    return done(server.send("DELETE", path, null, "", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Makes the rules equal to a file's: one rule a line, # starts a comment.")
  int replace(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "FILE", description = "the rules; - for standard input") String file)
      throws IOException {
    return done(server.send("PUT", PATH, read(file), "text/plain", "*").body());
  }

  private static String read(String file) throws IOException {
    if (file.equals("-")) {
      return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Path path = Path.of(file);
    if (!Files.isReadable(path)) {
      throw new CommandException(file + ": no such file, or not readable");
    }
    return Files.readString(path);
  }

  private int done(String answer) {
    spec.commandLine().getOut().print(answer);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
