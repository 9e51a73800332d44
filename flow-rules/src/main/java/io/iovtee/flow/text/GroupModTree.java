// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.BucketDraft;
import io.iovtee.flow.BucketPlace;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.store.GroupMod;
import java.util.List;
import java.util.Map;

/**
 * Commands to groups and meters as trees: a group or meter as {@link GroupTree} and {@link
 * MeterSyntax} have it, or what else the command needs, with the words of the text form. No state,
 * any thread.
 */
public final class GroupModTree {
  private GroupModTree() {}

  /** Whether a tree is about a group. */
  public static boolean isGroup(Map<?, ?> tree) {
    return tree.containsKey("group_id");
  }

  /** Whether a tree is about a meter. */
  public static boolean isMeter(Map<?, ?> tree) {
    return tree.containsKey("meter");
  }

  /**
   * Reads a command to a group.
   *
   * @param command {@code add}, {@code modify}, {@code add_or_mod}, {@code delete}, {@code
   *     insert_bucket} or {@code remove_bucket}
   * @throws FlowTreeException if it is none
   */
  public static GroupMod group(String command, Map<?, ?> tree) {
    return switch (command) {
      case "add" -> new GroupMod.AddGroup(GroupTree.read(tree));
      case "modify" -> new GroupMod.ModifyGroup(GroupTree.read(tree), false);
      case "add_or_mod" -> new GroupMod.ModifyGroup(GroupTree.read(tree), true);
      case "delete" -> {
        Trees.allow(tree, "", List.of("group_id"));
        yield new GroupMod.DeleteGroup(groupId(tree));
      }
      case "insert_bucket" -> insertion(tree, groupId(tree));
      case "remove_bucket" -> {
        Trees.allow(tree, "", List.of("group_id", "command_bucket_id"));
        yield new GroupMod.RemoveBuckets(groupId(tree), place(tree));
      }
      default ->
          throw new FlowTreeException(
              "/command",
              "unknown command; allowed for groups: add, modify, add_or_mod, delete, insert_bucket,"
                  + " remove_bucket");
    };
  }

  /**
   * Reads which buckets to insert, and where.
   *
   * @param otherwise the group, if the tree does not name it
   * @throws FlowTreeException if it does not say
   */
  public static GroupMod.InsertBuckets insertion(Map<?, ?> tree, long otherwise) {
    Trees.allow(tree, "", List.of("group_id", "command_bucket_id", "buckets"));
    long id = Trees.number(tree, "group_id", "", otherwise, FlowGroup.ID_MAX);
    BucketPlace place = place(tree);
    List<BucketDraft> buckets = GroupTree.buckets(tree);
    if (place.equals(BucketPlace.ALL)) {
      throw new FlowTreeException("/command_bucket_id", "allowed: first, last, a bucket_id");
    }
    if (buckets.isEmpty()) {
      throw new FlowTreeException("/buckets", "names none");
    }
    return new GroupMod.InsertBuckets(id, place, buckets);
  }

  private static long groupId(Map<?, ?> tree) {
    return Trees.required(tree, "group_id", "", FlowGroup.ID_MAX);
  }

  private static BucketPlace place(Map<?, ?> tree) {
    return Trees.parsed(tree, "command_bucket_id", "", GroupSyntax::parsePlace);
  }

  /**
   * Reads a command to a meter.
   *
   * @param command {@code add}, {@code modify}, {@code add_or_mod} or {@code delete}
   * @throws FlowTreeException if it is none
   */
  public static GroupMod meter(String command, Map<?, ?> tree) {
    return switch (command) {
      case "add" -> new GroupMod.AddMeter(MeterSyntax.read(tree));
      case "modify" -> new GroupMod.ModifyMeter(MeterSyntax.read(tree), false);
      case "add_or_mod" -> new GroupMod.ModifyMeter(MeterSyntax.read(tree), true);
      case "delete" -> {
        Trees.allow(tree, "", List.of("meter"));
        yield new GroupMod.DeleteMeter(Trees.required(tree, "meter", "", FlowMeter.ID_MAX));
      }
      default ->
          throw new FlowTreeException(
              "/command", "unknown command; allowed for meters: add, modify, add_or_mod, delete");
    };
  }
}
