// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.BucketDraft;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Selection;
import io.iovtee.flow.FlowGroup.Selection.Method;
import io.iovtee.flow.FlowGroup.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one group from one line: first what it is, then its buckets. */
final class GroupReader {
  private static final String ALLOWED =
      "allowed: group_id, type, selection_method, selection_method_param, fields, and behind them"
          + " bucket=...";
  private static final String TYPES = "allowed: all, select, indirect, ff, fast_failover";

  private final Line line;
  private final Set<String> seen = new HashSet<>();
  private long id = -1;
  private @Nullable Type type;
  private Method method = Method.NONE;
  private long parameter;
  private List<FieldMatch> fields = List.of();

  GroupReader(Line line) {
    this.line = line;
  }

  FlowGroup read() {
    List<Integer> starts = line.startsOf(BucketReader.BUCKET);
    Line head = line.piece(0, starts.isEmpty() ? line.length() : starts.getFirst());
    for (Word word = head.nextWord(); word != null; word = head.nextWord()) {
      readWord(word);
    }
    Type named = type;
    if (id < 0 || named == null) {
      throw line.error(
          line.length() + 1, "end of line", "a group needs group_id=N and type=WORD; " + TYPES);
    }
    List<BucketDraft> buckets = BucketReader.readAll(line, starts);
    try {
      return new FlowGroup(
          id,
          named,
          new Selection(method, parameter, fields),
          BucketDraft.complete(buckets, named, List.of()));
    } catch (IllegalArgumentException e) {
      throw line.error(1, "group_id", String.valueOf(e.getMessage()));
    }
  }

  private void readWord(Word word) {
    String value = word.value() == null ? "" : word.value();
    try {
      switch (word.name()) {
        case "group_id" -> id = NumberSyntax.parse(value, FlowGroup.ID_MAX);
        case "type" -> type = type(value);
        case "selection_method" -> method = method(value);
        case "selection_method_param" -> parameter = NumberSyntax.parse(value, -1L);
        case "fields" -> fields = fields(value);
        default -> throw new IllegalArgumentException("unknown word; " + ALLOWED);
      }
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
    if (!seen.add(word.name())) {
      throw line.error(word, word.name() + " is given twice");
    }
  }

  static Type type(String word) {
    if (word.equals("fast_failover")) {
      return Type.FAST_FAILOVER;
    }
    for (Type type : Type.values()) {
      if (type.word().equals(word)) {
        return type;
      }
    }
    throw new IllegalArgumentException("unknown type of group; " + TYPES);
  }

  static Method method(String word) {
    for (Method method : Method.values()) {
      if (method != Method.NONE && method.word().equals(word)) {
        return method;
      }
    }
    throw new IllegalArgumentException("unknown selection_method; allowed: hash, dp_hash");
  }

  static List<FieldMatch> fields(String list) {
    List<FieldMatch> fields = new ArrayList<>();
    for (String field : list.split(",", -1)) {
      fields.add(HashedField.parse(field.strip()));
    }
    return fields;
  }
}
