// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
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

  /** Numbers and truth values as JSON writes them; all names of ports and interfaces are texts. */
  private static final Pattern SCALAR = Pattern.compile("true|false|0|-?[1-9]\\d{0,17}");

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
      @Parameters(
              index = "0",
              paramLabel = "NAME",
              description = "1 to 63 letters, digits and _ - . @ +")
          String name,
      @Parameters(
              index = "1..*",
              arity = "1..*",
              paramLabel = "KEY=VALUE",
              description =
                  "type=xdp|vhost-user|tap|vxlan|pcap|soft and its keys, as in conf/iovtee.yaml; a"
                      + " list or section as JSON")
          Map<String, String> keys) {
    String path = PATH + "/" + ServerOptions.element(name);
    return ServerOptions.done(
        spec, server.send("POST", path, Json.object(typed(keys)), "application/json", "").body());
  }

  /** Each value as the file would have it: number, truth value, JSON as it stands, or text. */
  private static Map<String, Object> typed(Map<String, String> keys) {
    Map<String, Object> typed = new LinkedHashMap<>();
    keys.forEach((key, value) -> {
      boolean json =
          SCALAR.matcher(value).matches() || value.startsWith("{") || value.startsWith("[");
      typed.put(key, json ? new Json.Raw(value) : value);
    });
    return typed;
  }

  @Command(mixinStandardHelpOptions = true, description = "Removes a port.")
  int remove(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "NAME", description = "as 'port list' shows it") String name) {
    return ServerOptions.done(
        spec, server.send("DELETE", PATH + "/" + ServerOptions.element(name), null, "", "").body());
  }
}
