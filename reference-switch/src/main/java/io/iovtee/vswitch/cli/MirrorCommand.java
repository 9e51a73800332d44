// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee mirror}: the mirrors of a running switch. */
@Command(
    name = "mirror",
    mixinStandardHelpOptions = true,
    description = {
      "Lists, adds and removes the mirrors of a running switch.",
      "A mirror copies what ports receive and send, to another port or into a pcap file. A rule has"
          + " the action mirror:PORT for its own copies."
    })
final class MirrorCommand {
  private static final String PATH = "/api/v1/mirrors";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists all mirrors with their counters; (rules) are the copies of rules.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Adds a mirror: iovtee mirror add m1 --src uplink --dst nf1 --to tap",
        "or: iovtee mirror add m2 --all --pcap /tmp/all.pcap"
      })
  int add(
      @Mixin ServerOptions server,
      @Parameters(index = "0", paramLabel = "NAME", description = "to find it again") String name,
      @Option(names = "--all", description = "what every port receives and sends") boolean all,
      @Option(
              names = "--src",
              split = ",",
              paramLabel = "PORT",
              description = "what the port receives; may be given several times")
          @Nullable List<String> srcPorts,
      @Option(
              names = "--dst",
              split = ",",
              paramLabel = "PORT",
              description = "what is sent to the port; may be given several times")
          @Nullable List<String> dstPorts,
      @Option(names = "--to", paramLabel = "PORT", description = "where the copies go")
          @Nullable String output,
      @Option(
              names = "--pcap",
              paramLabel = "FILE",
              description = "the file that they go to, as the switch sees it; overwritten")
          @Nullable String pcap,
      @Option(
              names = "--max-mib",
              paramLabel = "N",
              description = "mebibytes of one file at most (default: 256)")
          @Nullable Integer maxMib,
      @Option(
              names = "--files",
              paramLabel = "N",
              description =
                  "1: when the file is full no more is written (default); else so many are kept")
          @Nullable Integer files) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("select-all", all);
    putIfGiven(body, "select-src-port", srcPorts);
    putIfGiven(body, "select-dst-port", dstPorts);
    putIfGiven(body, "output-port", output);
    putIfGiven(body, "pcap", pcap);
    putIfGiven(body, "max-mib", maxMib);
    putIfGiven(body, "files", files);
    String path = PATH + "/" + ServerOptions.element(name);
    return ServerOptions.done(
        spec, server.send("POST", path, Json.object(body), "application/json", "").body());
  }

  private static void putIfGiven(Map<String, Object> body, String key, @Nullable Object value) {
    if (value != null) {
      body.put(key, value);
    }
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Removes a mirror; its file is closed and stays.")
  int delete(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "NAME", description = "as 'mirror list' shows it") String name) {
    return ServerOptions.done(
        spec, server.send("DELETE", PATH + "/" + ServerOptions.element(name), null, "", "").body());
  }
}
