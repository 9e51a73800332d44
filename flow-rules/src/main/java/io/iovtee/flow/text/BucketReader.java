// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.Action;
import io.iovtee.flow.BucketDraft;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Reads one bucket, as it stands in a line. */
final class BucketReader {
  /** Begins a bucket. */
  static final String BUCKET = "bucket=";

  private final Line line;
  private final Word place;
  private OptionalLong id = OptionalLong.empty();
  private OptionalInt weight = OptionalInt.empty();
  private @Nullable String watchPort;
  private @Nullable Long watchGroup;

  private BucketReader(Line line, Word place) {
    this.line = line;
    this.place = place;
  }

  /**
   * Reads all buckets of a line.
   *
   * @param starts where {@link #BUCKET} stands, from the first on
   */
  static List<BucketDraft> readAll(Line line, List<Integer> starts) {
    if (starts.size() > FlowGroup.BUCKETS_MAX) {
      throw line.error(
          starts.get(FlowGroup.BUCKETS_MAX) + 1,
          BUCKET,
          "a group may have at most " + FlowGroup.BUCKETS_MAX + " buckets");
    }
    List<BucketDraft> buckets = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      int start = starts.get(i);
      int from = start + BUCKET.length();
      int end = i + 1 < starts.size() ? starts.get(i + 1) : line.length();
      Word place = new Word("bucket", "", start, from, from);
      buckets.add(new BucketReader(line, place).read(from, end));
    }
    return buckets;
  }

  private BucketDraft read(int from, int end) {
    List<Action> actions = readActions(from, end);
    try {
      return new BucketDraft(id, weight, watchPort, watchGroup, actions);
    } catch (IllegalArgumentException e) {
      throw line.error(place, e);
    }
  }

  private List<Action> readActions(int from, int end) {
    Line words = line.piece(from, end);
    for (Word word = words.nextWord(); word != null; word = words.nextWord()) {
      if (word.name().equals("actions") || word.name().equals("action")) {
        return new ActionReader(words, word, ActionReader.NO_TABLE).read();
      }
      if (!take(word)) {
        // Whatever is no parameter is the first action (ovs-ofctl(8)).
        Word here = new Word("actions", "", word.start(), word.start(), word.start());
        Line rest = line.piece(word.start(), end);
        return new ActionReader(rest, here, ActionReader.NO_TABLE).read();
      }
    }
    throw line.error(place, "a bucket needs an action; to discard frames use drop");
  }

  private boolean take(Word word) {
    String value = word.value() == null ? "" : word.value();
    try {
      switch (word.name()) {
        case "bucket_id" -> id = OptionalLong.of(NumberSyntax.parse(value, FlowGroup.ID_MAX));
        case "weight" ->
            weight = OptionalInt.of((int) NumberSyntax.parse(value, Bucket.WEIGHT_MAX));
        case "watch_port" -> watchPort = Line.unquoted(value);
        case "watch_group" -> watchGroup = NumberSyntax.parse(value, FlowGroup.ID_MAX);
        default -> {
          return false;
        }
      }
      return true;
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
  }
}
