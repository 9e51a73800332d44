// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.flow.classifier.TraceInput;
import io.iovtee.flow.store.TableContent;
import io.iovtee.vswitch.assembly.RuleTrace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee trace}: what would become of a frame. */
@Command(
    name = "trace",
    mixinStandardHelpOptions = true,
    description = {
      "Says what a running switch would do with a frame, step by step; nothing is sent.",
      "With --rules it reads a file of rules instead: all ports named there are up."
    })
final class TraceCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ServerOptions server = new ServerOptions();

  @Parameters(
      index = "0",
      paramLabel = "FLOW",
      description = "a match with in_port, for example in_port=uplink,tcp,tp_dst=80")
  private String flow = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "HEX",
      defaultValue = "",
      description = "the frame itself; FLOW then is in_port=PORT alone")
  private String hex = "";

  @Option(
      names = "--rules",
      paramLabel = "FILE",
      defaultValue = "",
      description =
          "a file of rules, and groups and meters that they name, one a line; - for standard input;"
              + " no switch is asked")
  private String rules = "";

  @Option(
      names = "--vlan-limit",
      paramLabel = "N",
      defaultValue = "1",
      description = "with --rules: VLAN tags that rules look behind, 1 or 2 (default: 1)")
  private int vlanLimit = HeaderParser.VLAN_LIMIT_DEFAULT;

  @Override
  public Integer call() throws Exception {
    String answer;
    if (vlanLimit < 1 || vlanLimit > HeaderParser.VLAN_LIMIT_MAX) {
      throw new UsageException("--vlan-limit must be 1 or 2: " + vlanLimit);
    }
    if (rules.isEmpty() && vlanLimit != HeaderParser.VLAN_LIMIT_DEFAULT) {
      throw new UsageException("--vlan-limit goes with --rules: a running switch has its own");
    }
    if (rules.isEmpty()) {
      Map<String, String> body = new LinkedHashMap<>();
      body.put("flow", flow);
      body.put("frame", hex);
      answer =
          server.send("POST", "/api/v1/trace", Json.object(body), "application/json", "").body();
    } else {
      TraceInput input = TraceInput.parse(flow, hex);
      TableContent file = RuleFile.content(rules);
      answer =
          RuleTrace.offline(
                      file.groupsOrNone(), file.rules(), vlanLimit, input.inPort(), input.frame())
                  .text()
              + "\n";
    }
    return ServerOptions.done(spec, answer);
  }
}
