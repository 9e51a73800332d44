// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowGroup.Selection;
import io.iovtee.flow.FlowGroup.Type;
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
