// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee cluster}: the other members of a running switch's cluster, and their rules. */
@Command(
    name = "cluster",
    mixinStandardHelpOptions = true,
    subcommands = ClusterFlowCommand.class,
    description = {
      "Shows the cluster that a running switch is a member of, and changes its rules.",
      "Any member may be asked, and rules may be changed at any member of the majority."
    })
final class ClusterCommand {
  private static final String PATH = "/api/v1/cluster";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists all members: who is there, who is gone, and who is behind.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Shows all of one member: also the rules that it can not have, and why.")
  int show(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "MEMBER", description = "a name from 'cluster list'")
          String member) {
    return server.print(
        spec.commandLine().getOut(), PATH + "/members/" + ServerOptions.element(member));
  }
}
