// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.text.FlowSyntaxException;
import io.iovtee.flow.text.GroupSyntax;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code iovtee group}: the groups of a running switch. */
@Command(
    name = "group",
    mixinStandardHelpOptions = true,
    description = "Lists and changes the groups of a running switch (OVS text form).")
final class GroupCommand {
  private static final String PATH = "/api/v1/groups";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists all groups and their buckets, with counters and which are live.")
  int list(@Mixin ServerOptions server) {
    return server.print(spec.commandLine().getOut(), PATH);
  }

  @Command(mixinStandardHelpOptions = true, description = "Adds a group; rules name it group:N.")
  int add(
      @Mixin ServerOptions server,
      @Parameters(
              paramLabel = "GROUP",
              description =
                  "for example group_id=1,type=select,bucket=weight:2,actions=output:nf1,"
                      + "bucket=output:nf2")
          String group) {
    return ServerOptions.done(spec, server.send("POST", PATH, group, "text/plain", "").body());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Puts a group in the place of the one with its number, or adds it.")
  int modify(
      @Mixin ServerOptions server,
      @Parameters(
              paramLabel = "GROUP",
              description = "for example group_id=1,type=ff,bucket=watch_port:nf1,output:nf1")
          String group) {
    long id;
    try {
      id = GroupSyntax.parseGroup(group).id();
    } catch (FlowSyntaxException e) {
      throw new CommandException(String.valueOf(e.getMessage()), e);
    }
    return ServerOptions.done(
        spec, server.send("PUT", PATH + "/" + id, group, "text/plain", "").body());
  }

  @Command(mixinStandardHelpOptions = true, description = "Deletes a group that no rule names.")
  int delete(
      @Mixin ServerOptions server,
      @Parameters(paramLabel = "N", description = "its number") long id) {
    return ServerOptions.done(spec, server.send("DELETE", PATH + "/" + id, null, "", "").body());
  }
}
