// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.cli;

import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.text.GroupSyntax;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code iovtee group}: the groups of a running switch. */
@Command(
    name = "group",
    mixinStandardHelpOptions = true,
    description = "Lists and changes the groups of a running switch (OVS text form).",
    footer = {
      "",
      "Groups are written as for ovs-ofctl add-group:",
      "  group_id=1,type=select,bucket=weight:2,actions=output:nf1,bucket=output:nf2",
      "  group_id=2,type=ff,bucket=watch_port:nf1,output:nf1,bucket=watch_group:1,group:1"
    })
final class GroupCommand extends NumberedCommand {
  GroupCommand() {
    super("/api/v1/groups", text -> GroupSyntax.parseGroup(text).id());
  }

  @Command(
      name = "insert-buckets",
      mixinStandardHelpOptions = true,
      description = "Puts more buckets into a group, as ovs-ofctl insert-buckets.")
  int insertBuckets(
      @Mixin ServerOptions server,
      @Parameters(
              paramLabel = "TEXT",
              description = {
                "for example group_id=1,command_bucket_id=last,bucket=output:nf3",
                "command_bucket_id: first, last, or the bucket_id behind which they come"
              })
          String text) {
    return send(server, "POST", () -> GroupSyntax.parseInsertion(text).id() + "/buckets", text);
  }

  @Command(
      name = "remove-buckets",
      mixinStandardHelpOptions = true,
      description = "Takes buckets out of a group, as ovs-ofctl remove-buckets.")
  int removeBuckets(
      @Mixin ServerOptions server,
      @Parameters(
              paramLabel = "TEXT",
              description = {
                "for example group_id=1,command_bucket_id=2",
                "command_bucket_id: first, last, a bucket_id, or all, also if it is left out"
              })
          String text) {
    return send(server, "DELETE", () -> bucketsOf(GroupSyntax.parseRemoval(text)), null);
  }

  private static String bucketsOf(GroupMod.RemoveBuckets removal) {
    return removal.id() + "/buckets?command_bucket_id=" + removal.place().word();
  }
}
