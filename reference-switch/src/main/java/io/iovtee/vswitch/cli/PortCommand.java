// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee port}: the ports of a running switch. */
@Command(
    name = "port",
    mixinStandardHelpOptions = true,
    description = "Lists, adds and removes the ports of a running switch.")
final class PortCommand {
  private static final String PATH = "/api/v1/ports";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(mixinStandardHelpOptions = true, description = "Lists all ports.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Adds a port: iovtee port add nf2 type=vhost-user socket=/run/iovtee/nf2.sock")
  int add(
      @Mixin ServerOptions server,
      @Parameters(index = "0", paramLabel = "NAME") String name,
      @Parameters(index = "1..*", arity = "1..*", paramLabel = "KEY=VALUE")
          Map<String, String> keys) {
    String path = PATH + "/" + ServerOptions.encode(name);
    return ServerOptions.done(
        spec, server.send("POST", path, Json.object(keys), "application/json", "").body());
  }

  @Command(mixinStandardHelpOptions = true, description = "Removes a port.")
  int remove(@Mixin ServerOptions server, @Parameters(paramLabel = "NAME") String name) {
    return ServerOptions.done(
        spec, server.send("DELETE", PATH + "/" + ServerOptions.encode(name), null, "", "").body());
  }
}
