// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee punt}: frames that rules hand over, and frames for the switch to send. */
@Command(
    name = "punt",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the frames that rules hand over to the API (action punt), and sends frames."
    })
final class PuntCommand {
  private static final String PATH = "/api/v1/packets";
  private static final String DATA = "data: ";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists the last frames, 256 at most, with headers and rule.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Prints frames as they come, one a line, until it is interrupted.")
  int watch(
      @Mixin ServerOptions server,
      @Option(
              names = "--count",
              paramLabel = "N",
              defaultValue = "0",
              description = "end after so many frames (default: 0, never)")
          long count) {
    PrintWriter out = spec.commandLine().getOut();
    long[] seen = new long[1];
    server.stream(
        PATH + "/events",
        line -> {
          if (line.startsWith(DATA)) {
            out.println(line.substring(DATA.length()));
            out.flush();
            seen[0]++;
          }
          return count == 0 || seen[0] < count;
        });
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Sends a frame out of a port; no rule sees it.")
  int send(
      @Mixin ServerOptions server,
      @Parameters(index = "0", paramLabel = "PORT", description = "where it leaves") String port,
      @Parameters(
              index = "1",
              paramLabel = "HEX",
              description =
                  "the frame in hexadecimal, from the destination address on, without FCS; blanks"
                      + " may stand in it")
          String hex) {
    Map<String, String> body = new LinkedHashMap<>();
    body.put("port", port);
    body.put("frame", hex);
    PrintWriter out = spec.commandLine().getOut();
    out.print(server.send("POST", PATH, Json.object(body), "application/json", "").body());
    out.flush();
    return 0;
  }
}
