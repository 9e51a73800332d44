// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.FieldMatch;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
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
  private static final String BUCKET = "bucket=";

  /** In place of a bucket's id. */
  static final long NO_ID = -1;

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
    List<Integer> starts = line.startsOf(BUCKET);
    Line head = line.piece(0, starts.isEmpty() ? line.length() : starts.getFirst());
    for (Word word = head.nextWord(); word != null; word = head.nextWord()) {
      readWord(word);
    }
    Type named = type;
    if (id < 0 || named == null) {
      throw line.error(
          line.length() + 1, "end of line", "a group needs group_id=N and type=WORD; " + TYPES);
    }
    if (starts.size() > FlowGroup.BUCKETS_MAX) {
      throw line.error(
          starts.get(FlowGroup.BUCKETS_MAX) + 1,
          BUCKET,
          "a group may have at most " + FlowGroup.BUCKETS_MAX + " buckets");
    }
    List<BucketReader> buckets = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      int end = i + 1 < starts.size() ? starts.get(i + 1) : line.length();
      buckets.add(BucketReader.read(line, starts.get(i), starts.get(i) + BUCKET.length(), end));
    }
    try {
      return new FlowGroup(
          id, named, new Selection(method, parameter, fields), numbered(buckets, named));
    } catch (IllegalArgumentException e) {
      throw line.error(1, "group_id", String.valueOf(e.getMessage()));
    }
  }

  private static List<Bucket> numbered(List<BucketReader> read, Type type) {
    List<Long> ids = withIds(read.stream().map(BucketReader::id).toList());
    List<Bucket> buckets = new ArrayList<>();
    for (BucketReader bucket : read) {
      int weight = bucket.weight(type == Type.SELECT ? 1 : 0);
      buckets.add(bucket.make(ids.get(buckets.size()), weight));
    }
    return buckets;
  }

  /**
   * Buckets without a number get the lowest that are free, as in OVS.
   *
   * @param ids of the buckets, or {@link #NO_ID}
   */
  static List<Long> withIds(List<Long> ids) {
    Set<Long> taken = new HashSet<>(ids);
    List<Long> all = new ArrayList<>();
    long next = 0;
    for (long id : ids) {
      while (id == NO_ID && taken.contains(next)) {
        next++;
      }
      all.add(id == NO_ID ? next++ : id);
    }
    return all;
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

  /** One bucket, as it stands in the line. */
  private static final class BucketReader {
    private final Line line;
    private final Word place;
    private long id = NO_ID;
    private int weight = -1;
    private @Nullable String watchPort;
    private List<Action> actions = List.of();

    private BucketReader(Line line, Word place) {
      this.line = line;
      this.place = place;
    }

    /**
     * @param start where {@code bucket=} stands
     * @param from where the bucket begins
     */
    static BucketReader read(Line line, int start, int from, int end) {
      Word place = new Word("bucket", "", start, from, from);
      BucketReader bucket = new BucketReader(line, place);
      Line words = line.piece(from, end);
      for (Word word = words.nextWord(); word != null; word = words.nextWord()) {
        if (word.name().equals("actions") || word.name().equals("action")) {
          bucket.actions = new ActionReader(words, word, ActionReader.NO_TABLE).read();
          return bucket;
        }
        if (!bucket.take(word)) {
          // Whatever is no parameter is the first action (ovs-ofctl(8)).
          Word here = new Word("actions", "", word.start(), word.start(), word.start());
          Line rest = line.piece(word.start(), end);
          bucket.actions = new ActionReader(rest, here, ActionReader.NO_TABLE).read();
          return bucket;
        }
      }
      throw line.error(place, "a bucket needs an action; to discard frames use drop");
    }

    private boolean take(Word word) {
      String value = word.value() == null ? "" : word.value();
      try {
        switch (word.name()) {
          case "bucket_id" -> id = NumberSyntax.parse(value, FlowGroup.ID_MAX);
          case "weight" -> weight = (int) NumberSyntax.parse(value, Bucket.WEIGHT_MAX);
          case "watch_port" -> watchPort = Line.unquoted(value);
          case "watch_group" ->
              throw new IllegalArgumentException("not supported: watch_group; allowed: watch_port");
          default -> {
            return false;
          }
        }
        return true;
      } catch (IllegalArgumentException e) {
        throw line.error(word, e);
      }
    }

    long id() {
      return id;
    }

    int weight(int otherwise) {
      return weight < 0 ? otherwise : weight;
    }

    Bucket make(long number, int itsWeight) {
      try {
        return new Bucket(number, itsWeight, watchPort, actions);
      } catch (IllegalArgumentException e) {
        throw line.error(place, e);
      }
    }
  }
}
