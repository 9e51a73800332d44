// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.BucketDraft;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowGroup.Selection;
import io.iovtee.flow.FlowGroup.Selection.Method;
import io.iovtee.flow.FlowGroup.Type;
import io.iovtee.flow.MatchField;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A group as a tree of maps, lists, texts and numbers, which is what JSON and YAML hold: {@code
 * {"group_id": 1, "type": "select", "buckets": [{"weight": 2, "actions": ["output:nf1"]}]}}. The
 * names, and the texts of values and actions, are those of the text form. No state, any thread.
 */
public final class GroupTree {
  private static final List<String> MEMBERS =
      List.of(
          "group_id", "type", "selection_method", "selection_method_param", "fields", "buckets");
  private static final List<String> BUCKET_MEMBERS =
      List.of("bucket_id", "weight", "watch_port", "watch_group", "actions");

  /** In place of a number that is not there. */
  private static final int NONE = -1;

  private GroupTree() {}

  /** What {@link #read} reads back as an equal group. */
  public static Map<String, Object> of(FlowGroup group) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("group_id", group.id());
    tree.put("type", group.type().word());
    Selection selection = group.selection();
    if (selection.method() != Method.NONE) {
      tree.put("selection_method", selection.method().word());
    }
    if (selection.parameter() != 0) {
      tree.put("selection_method_param", Long.toUnsignedString(selection.parameter()));
    }
    if (!selection.fields().isEmpty()) {
      tree.put("fields", selection.fields().stream().map(HashedField::format).toList());
    }
    tree.put("buckets", group.buckets().stream().map(bucket -> of(bucket, group.type())).toList());
    return tree;
  }

  private static Map<String, Object> of(Bucket bucket, Type type) {
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("bucket_id", bucket.id());
    if (type == Type.SELECT) {
      tree.put("weight", bucket.weight());
    }
    if (bucket.watchPort() != null) {
      tree.put("watch_port", bucket.watchPort());
    }
    if (bucket.watchGroup() != null) {
      tree.put("watch_group", bucket.watchGroup());
    }
    tree.put("actions", bucket.actions().stream().map(FlowRuleFormatter::format).toList());
    return tree;
  }

  /**
   * Reads a group. Numbers may be numbers or texts.
   *
   * @throws FlowTreeException if it is none
   */
  public static FlowGroup read(@Nullable Object tree) {
    Map<?, ?> group = Trees.map(tree, "", "a group must be an object");
    Trees.allow(group, "", MEMBERS);
    Type type = Trees.parsed(group, "type", "", GroupReader::type);
    long id = Trees.required(group, "group_id", "", FlowGroup.ID_MAX);
    Method method =
        group.get("selection_method") == null
            ? Method.NONE
            : Trees.parsed(group, "selection_method", "", GroupReader::method);
    long parameter = Trees.number(group, "selection_method_param", "", 0, -1L);
    List<BucketDraft> buckets = buckets(group);
    try {
      return new FlowGroup(
          id,
          type,
          new Selection(method, parameter, fields(group)),
          BucketDraft.complete(buckets, type, List.of()));
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException("", String.valueOf(e.getMessage()));
    }
  }

  private static List<FieldMatch> fields(Map<?, ?> group) {
    List<FieldMatch> fields = new ArrayList<>();
    if (group.get("fields") == null) {
      return fields;
    }
    for (Object element : Trees.list(group, "fields", "", MatchField.values().length)) {
      String pointer = Trees.pointer("/fields", fields.size());
      try {
        fields.add(HashedField.parse(Trees.scalar(element)));
      } catch (IllegalArgumentException e) {
        throw new FlowTreeException(pointer, String.valueOf(e.getMessage()));
      }
    }
    return fields;
  }

  /** The buckets of a group, or of a command to one. */
  static List<BucketDraft> buckets(Map<?, ?> group) {
    List<BucketDraft> buckets = new ArrayList<>();
    for (Object element : Trees.list(group, "buckets", "", FlowGroup.BUCKETS_MAX)) {
      buckets.add(bucket(element, Trees.pointer("/buckets", buckets.size())));
    }
    return buckets;
  }

  private static BucketDraft bucket(@Nullable Object element, String pointer) {
    Map<?, ?> bucket = Trees.map(element, pointer, "a bucket must be an object");
    Trees.allow(bucket, pointer, BUCKET_MEMBERS);
    long id = Trees.number(bucket, "bucket_id", pointer, NONE, FlowGroup.ID_MAX);
    int weight = (int) Trees.number(bucket, "weight", pointer, NONE, Bucket.WEIGHT_MAX);
    long group = Trees.number(bucket, "watch_group", pointer, NONE, FlowGroup.ID_MAX);
    List<Action> actions =
        FlowRuleTree.actions(bucket.get("actions"), pointer + "/actions", ActionReader.NO_TABLE);
    Object port = bucket.get("watch_port");
    try {
      return new BucketDraft(
          id == NONE ? OptionalLong.empty() : OptionalLong.of(id),
          weight == NONE ? OptionalInt.empty() : OptionalInt.of(weight),
          port == null ? null : Trees.scalar(port),
          group == NONE ? null : group,
          actions);
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException(pointer, String.valueOf(e.getMessage()));
    }
  }
}
