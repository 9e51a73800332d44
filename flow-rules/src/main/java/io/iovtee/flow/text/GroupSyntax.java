// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.BucketPlace;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowGroup.Selection;
import io.iovtee.flow.FlowGroup.Type;
import io.iovtee.flow.store.GroupMod;
import java.util.ArrayList;
import java.util.List;

/**
 * Groups in the text form of OVS (ovs-ofctl(8), "Group Syntax"): {@code
 * group_id=1,type=select,bucket=weight:2,actions=output:nf1,bucket=...}. No state, any thread.
 */
public final class GroupSyntax {
  private GroupSyntax() {}

  /**
   * Reads one group; blank lines and comments may stand around it.
   *
   * @throws FlowSyntaxException if it is not a group, or not one group
   */
  public static FlowGroup parseGroup(String text) {
    return SingleLine.read(
        text, "one group", "group_id=1,type=all", line -> new GroupReader(line).read());
  }

  /**
   * Reads groups, one a line; blank lines, and what follows a #, are left out.
   *
   * @throws FlowSyntaxException at the first line that is not a group
   */
  public static List<FlowGroup> parseGroups(String text) {
    return SingleLine.readAll(text, line -> new GroupReader(line).read());
  }

  /**
   * Reads what inserts buckets into a group: {@code
   * group_id=1,command_bucket_id=last,bucket=output:nf3}.
   *
   * @throws FlowSyntaxException if it is not one such line
   */
  public static GroupMod.InsertBuckets parseInsertion(String text) {
    return (GroupMod.InsertBuckets)
        SingleLine.read(
            text,
            "buckets to insert",
            "group_id=1,command_bucket_id=last,bucket=output:nf3",
            line -> GroupModReader.read(line, GroupModReader.Verb.INSERT_BUCKET));
  }

  /**
   * Reads what takes buckets out of a group: {@code group_id=1,command_bucket_id=2}.
   *
   * @throws FlowSyntaxException if it is not one such line
   */
  public static GroupMod.RemoveBuckets parseRemoval(String text) {
    return (GroupMod.RemoveBuckets)
        SingleLine.read(
            text,
            "buckets to remove",
            "group_id=1,command_bucket_id=last",
            line -> GroupModReader.read(line, GroupModReader.Verb.REMOVE_BUCKET));
  }

  /**
   * Reads a place in a group: first, last, all or a bucket's number.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static BucketPlace parsePlace(String text) {
    return GroupModReader.place(text);
  }

  /**
   * One line that {@link #parseGroup} reads back as an equal group, and {@code ovs-ofctl} reads.
   */
  public static String format(FlowGroup group) {
    StringBuilder text = new StringBuilder();
    text.append("group_id=").append(group.id()).append(",type=").append(group.type().word());
    appendSelection(text, group.selection());
    for (Bucket bucket : group.buckets()) {
      text.append(",bucket=").append(format(bucket, group.type()));
    }
    return text.toString();
  }

  /** What stands behind {@code bucket=}. */
  public static String format(Bucket bucket, Type type) {
    StringBuilder text = new StringBuilder("bucket_id:").append(bucket.id());
    if (type == Type.SELECT && bucket.weight() != 1) {
      text.append(",weight:").append(bucket.weight());
    }
    if (bucket.watchPort() != null) {
      text.append(",watch_port:").append(bucket.watchPort());
    }
    if (bucket.watchGroup() != null) {
      text.append(",watch_group:").append(bucket.watchGroup());
    }
    text.append(",actions=");
    List<String> actions = new ArrayList<>();
    bucket.actions().forEach(action -> actions.add(FlowRuleFormatter.format(action)));
    return text.append(String.join(",", actions)).toString();
  }

  private static void appendSelection(StringBuilder text, Selection selection) {
    if (selection.equals(Selection.DEFAULT)) {
      return;
    }
    text.append(",selection_method=").append(selection.method().word());
    if (selection.parameter() != 0) {
      text.append(",selection_method_param=").append(Long.toUnsignedString(selection.parameter()));
    }
    if (!selection.fields().isEmpty()) {
      List<String> fields = selection.fields().stream().map(HashedField::format).toList();
      text.append(",fields(").append(String.join(",", fields)).append(')');
    }
  }
}
