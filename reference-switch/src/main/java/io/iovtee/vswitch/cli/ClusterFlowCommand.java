// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.text.FlowRuleParser;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee cluster flow}: the rules that all members of a cluster have. */
@Command(
    name = "flow",
    mixinStandardHelpOptions = true,
    description = {
      "Lists and changes the rules that all members have, beside each one's own.",
      "A change is done when a majority of the members keeps it. A member that lacks a port, group"
          + " or meter of a rule, or has a rule of its own with its match and priority, leaves it"
          + " out: 'cluster show MEMBER'."
    })
final class ClusterFlowCommand {
  private static final String PATH = "/api/v1/cluster/flows";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(mixinStandardHelpOptions = true, description = "Lists the rules, one a line.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Adds a rule, or replaces its equal, at all members.")
  int add(
      @Mixin ServerOptions server,
      @Parameters(
              paramLabel = "RULE",
              description =
                  "for example in_port=uplink,dl_dst=02:00:00:00:00:11,actions=output:nf1")
          String rule) {
    return ServerOptions.done(spec, server.send("POST", PATH, rule, "text/plain", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Deletes the rules with exactly this match at all members.")
  int delete(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "MATCH", description = "with priority=… only that one") String match,
      @Option(names = "--loose", description = "also the rules whose match is narrower")
          boolean loose) {
    String query = "?match=" + ServerOptions.encode(match) + (loose ? "&loose=true" : "");
    return ServerOptions.done(spec, server.send("DELETE", PATH + query, null, "", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Makes the rules of all members equal to a file's: one a line, # starts a comment.",
        "At each member all at once; its own rules stay."
      })
  int replace(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "FILE", description = "the rules; - for standard input") String file)
      throws IOException {
    return ServerOptions.done(spec, server.sendRules("PUT", PATH, file, "*"));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Compares the cluster's rules with a file's: - only the cluster has, + only the file.",
        "Exit codes: 0 they are the same, 1 they differ, 2 an error."
      })
  int diff(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "FILE", description = "the rules; - for standard input")
          String file) {
    return TableDifference.answer(
        spec,
        server.isJson(),
        () -> {
          TableContent wanted = TableContent.ofRules(RuleFile.content(file).rules());
          String present = server.getText(PATH);
          return TableDifference.between(
              TableContent.ofRules(FlowRuleParser.parseRules(present)), wanted);
        });
  }
}
