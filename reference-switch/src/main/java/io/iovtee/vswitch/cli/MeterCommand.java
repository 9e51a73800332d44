// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.MeterSyntax;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee meter}: the meters of a running switch. */
@Command(
    name = "meter",
    mixinStandardHelpOptions = true,
    description = "Lists and changes the meters of a running switch (OVS text form).")
final class MeterCommand {
  private static final String PATH = "/api/v1/meters";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists all meters, with what passed and what did not.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(mixinStandardHelpOptions = true, description = "Adds a meter; rules name it meter:N.")
  int add(
      @Mixin ServerOptions server,
      @Parameters(
              paramLabel = "METER",
              description =
                  "for example meter=1,kbps,burst,bands=type=drop,rate=1000,burst_size=100")
          String meter) {
    return ServerOptions.done(spec, server.send("POST", PATH, meter, "text/plain", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Puts a meter in the place of the one with its number, or adds it.")
  int modify(
      @Mixin ServerOptions server,
      @Parameters(
              paramLabel = "METER",
              description = "for example meter=1,pktps,bands=type=drop,rate=1000")
          String meter) {
    long id;
    try {
      id = MeterSyntax.parseMeter(meter).id();
    } catch (FlowSyntaxException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
    return ServerOptions.done(
        spec, server.send("PUT", PATH + "/" + id, meter, "text/plain", "").body());
  }

  @Command(mixinStandardHelpOptions = true, description = "Deletes a meter that no rule names.")
  int delete(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "N", description = "its number") long id) {
    return ServerOptions.done(spec, server.send("DELETE", PATH + "/" + id, null, "", "").body());
  }
}
