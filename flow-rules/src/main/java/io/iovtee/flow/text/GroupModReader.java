// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.text;

import io.iovtee.flow.BucketDraft;
import io.iovtee.flow.BucketPlace;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.store.GroupMod;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one command to a group from what stands behind its word in a line. */
final class GroupModReader {
  private static final long ALL = -1;
  private static final long NONE = -2;

  /** What a command does; the names in lower case are the words of ovs-ofctl(8). */
  enum Verb {
    ADD,
    MODIFY,
    ADD_OR_MOD,
    DELETE,
    INSERT_BUCKET,
    REMOVE_BUCKET;

    /** The verb of this word; null if there is none. */
    static @Nullable Verb ofWord(String word) {
      for (Verb verb : values()) {
        if (verb.name().toLowerCase(Locale.ROOT).equals(word)) {
          return verb;
        }
      }
      return null;
    }
  }

  private final Line line;
  private final Verb verb;
  private final Set<String> seen = new HashSet<>();
  private long id = NONE;
  private @Nullable BucketPlace place;

  private GroupModReader(Line line, Verb verb) {
    this.line = line;
    this.verb = verb;
  }

  static GroupMod read(Line line, Verb verb) {
    return switch (verb) {
      case ADD -> new GroupMod.AddGroup(new GroupReader(line).read());
      case MODIFY -> new GroupMod.ModifyGroup(new GroupReader(line).read(), false);
      case ADD_OR_MOD -> new GroupMod.ModifyGroup(new GroupReader(line).read(), true);
      case DELETE, INSERT_BUCKET, REMOVE_BUCKET -> new GroupModReader(line, verb).read();
    };
  }

  private GroupMod read() {
    List<Integer> starts = line.startsOf(BucketReader.BUCKET);
    if (!starts.isEmpty() && verb != Verb.INSERT_BUCKET) {
      throw line.error(starts.getFirst() + 1, BucketReader.BUCKET, "this command has no buckets");
    }
    Line head = line.piece(0, starts.isEmpty() ? line.length() : starts.getFirst());
    for (Word word = head.nextWord(); word != null; word = head.nextWord()) {
      readWord(word);
    }
    if (verb == Verb.DELETE) {
      return delete();
    }
    if (id < 0) {
      throw atEnd("group_id=N is missing");
    }
    BucketPlace named = place;
    if (verb == Verb.REMOVE_BUCKET) {
      return new GroupMod.RemoveBuckets(id, named == null ? BucketPlace.ALL : named);
    }
    List<BucketDraft> buckets = BucketReader.readAll(line, starts);
    if (named == null || named.equals(BucketPlace.ALL) || buckets.isEmpty()) {
      throw atEnd("needs command_bucket_id=first, last or a bucket_id, and behind it bucket=...");
    }
    return new GroupMod.InsertBuckets(id, named, buckets);
  }

  private GroupMod delete() {
    if (id == NONE && !line.isBlank()) {
      throw atEnd("group_id=N or group_id=all is missing");
    }
    return id < 0 ? new GroupMod.DeleteAllGroups() : new GroupMod.DeleteGroup(id);
  }

  private void readWord(Word word) {
    String value = word.value() == null ? "" : word.value();
    try {
      switch (word.name()) {
        case "group_id" -> {
          boolean all = verb == Verb.DELETE && value.equals("all");
          id = all ? ALL : NumberSyntax.parse(value, FlowGroup.ID_MAX);
        }
        case "command_bucket_id" -> {
          if (verb == Verb.DELETE) {
            throw new IllegalArgumentException("a group is deleted with all of its buckets");
          }
          place = place(value);
        }
        default ->
            throw new IllegalArgumentException(
                "unknown word; allowed: group_id, command_bucket_id, bucket=...");
      }
    } catch (IllegalArgumentException e) {
      throw line.error(word, e);
    }
    if (!seen.add(word.name())) {
      throw line.error(word, word.name() + " is given twice");
    }
  }

  static BucketPlace place(String value) {
    return switch (value) {
      case "first" -> BucketPlace.FIRST;
      case "last" -> BucketPlace.LAST;
      case "all" -> BucketPlace.ALL;
      default ->
          new BucketPlace(BucketPlace.Where.BUCKET, NumberSyntax.parse(value, FlowGroup.ID_MAX));
    };
  }

  private FlowSyntaxException atEnd(String problem) {
    return line.error(line.length() + 1, "end of line", problem);
  }
}
