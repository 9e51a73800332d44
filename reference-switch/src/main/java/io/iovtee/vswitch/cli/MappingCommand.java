// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee mapping}: which queue writes through into which network function. */
@Command(
    name = "mapping",
    mixinStandardHelpOptions = true,
    description = "Lists, explains and changes the write-through mappings of a running switch.")
final class MappingCommand {
  private static final String PATH = "/api/v1/mappings";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(mixinStandardHelpOptions = true, description = "Lists all mappings.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Says why a queue is mapped or is not, check by check.")
  int explain(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "PORT/QUEUE", description = "for example uplink/0") String queue) {
    return server.print(
        spec.commandLine().getOut(), PATH + "/" + ServerOptions.element(queue) + "/explain");
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Asks for a mapping of a queue to a network function's port.")
  int add(
      @Mixin ServerOptions server,
      @Parameters(
              index = "0",
              paramLabel = "PORT/QUEUE",
              description = "of the NIC, for example uplink/0")
          String queue,
      @Parameters(
              index = "1",
              paramLabel = "NF-PORT",
              description = "the vhost-user port, for example nf1")
          String port,
      @Option(
              names = "--isolation",
              defaultValue = "",
              description = "strict, scrub or trusted; default: the plugin's setting")
          String isolation,
      @Option(
              names = "--match",
              defaultValue = "",
              description =
                  "the flow that the NIC is asked to steer into the queue, or a filter to let in,"
                      + " for example dl_dst=02:00:00:00:00:11")
          String match,
      @Option(
              names = "--mode",
              defaultValue = "",
              description = "on: whenever possible; off: copy; auto: what is faster (default)")
          String mode,
      @Option(
              names = "--queue-pair",
              paramLabel = "N",
              defaultValue = "0",
              description = "of the network function's queue pairs (default: 0)")
          int queuePair) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("queue", queue);
    body.put("port", port);
    putIfGiven(body, "isolation", isolation);
    putIfGiven(body, "match", match);
    putIfGiven(body, "mode", mode);
    body.put("queue_pair", queuePair);
    return ServerOptions.done(
        spec, server.send("POST", PATH, Json.object(body), "application/json", "").body());
  }

  private static void putIfGiven(Map<String, Object> body, String key, String value) {
    if (!value.isEmpty()) {
      body.put(key, value);
    }
  }

  @Command(mixinStandardHelpOptions = true, description = "Removes a mapping.")
  int remove(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "PORT/QUEUE", description = "for example uplink/0") String queue) {
    return ServerOptions.done(spec, send(server, "DELETE", queue, ""));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Keeps a mapping on, or off, whatever would be faster.")
  int pin(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "PORT/QUEUE", description = "for example uplink/0") String queue,
      @Option(
              names = "--mode",
              defaultValue = "on",
              description = "on: write through whenever possible (default); off: copy")
          String mode) {
    String path = PATH + "/" + ServerOptions.element(queue) + "/pin";
    String body = Json.object(Map.of("mode", mode));
    return ServerOptions.done(spec, server.send("POST", path, body, "application/json", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Ends a pin: the faster way is chosen again.")
  int unpin(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "PORT/QUEUE", description = "for example uplink/0") String queue) {
    return ServerOptions.done(spec, send(server, "POST", queue, "/unpin"));
  }

  private static String send(ServerOptions server, String method, String queue, String verb) {
    String path = PATH + "/" + ServerOptions.element(queue) + verb;
    return server.send(method, path, null, "", "").body();
  }
}
