// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
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
      List.of("bucket_id", "weight", "watch_port", "actions");

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
    Type type = Trees.parsed(group, "type", GroupReader::type);
    long id = Trees.required(group, "group_id", FlowGroup.ID_MAX);
    Method method =
        group.get("selection_method") == null
            ? Method.NONE
            : Trees.parsed(group, "selection_method", GroupReader::method);
    long parameter = Trees.number(group, "selection_method_param", "", 0, -1L);
    List<?> elements = Trees.list(group, "buckets", "", FlowGroup.BUCKETS_MAX);
    List<Long> ids = new ArrayList<>();
    for (Object element : elements) {
      String pointer = Trees.pointer("/buckets", ids.size());
      Map<?, ?> bucket = Trees.map(element, pointer, "a bucket must be an object");
      ids.add(Trees.number(bucket, "bucket_id", pointer, GroupReader.NO_ID, FlowGroup.ID_MAX));
    }
    List<Long> all = GroupReader.withIds(ids);
    List<Bucket> buckets = new ArrayList<>();
    for (Object element : elements) {
      int i = buckets.size();
      buckets.add(bucket((Map<?, ?>) element, Trees.pointer("/buckets", i), type, all.get(i)));
    }
    try {
      return new FlowGroup(id, type, new Selection(method, parameter, fields(group)), buckets);
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

  private static Bucket bucket(Map<?, ?> bucket, String pointer, Type type, long id) {
    Trees.allow(bucket, pointer, BUCKET_MEMBERS);
    int ifNone = type == Type.SELECT ? 1 : 0;
    int weight = (int) Trees.number(bucket, "weight", pointer, ifNone, Bucket.WEIGHT_MAX);
    List<Action> actions =
        FlowRuleTree.actions(bucket.get("actions"), pointer + "/actions", ActionReader.NO_TABLE);
    Object watched = bucket.get("watch_port");
    try {
      return new Bucket(id, weight, watched == null ? null : Trees.scalar(watched), actions);
    } catch (IllegalArgumentException e) {
      throw new FlowTreeException(pointer, String.valueOf(e.getMessage()));
    }
  }
}
