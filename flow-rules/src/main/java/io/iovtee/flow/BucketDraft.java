// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow;

import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowGroup.Type;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A bucket as it is written: its number and its weight may be left open, since they depend on the
 * group that it comes to.
 */
public record BucketDraft(
    OptionalLong id,
    OptionalInt weight,
    @Nullable String watchPort,
    @Nullable Long watchGroup,
    List<Action> actions) {

  /**
   * @throws IllegalArgumentException as a bucket
   */
  public BucketDraft {
    actions = new Bucket(id.orElse(0), weight.orElse(0), watchPort, watchGroup, actions).actions();
  }

  /**
   * Buckets for a group. Those without a number get the lowest that are free, as in OVS; those
   * without a weight have 1 in a select group.
   *
   * @param had buckets that the group has already
   */
  public static List<Bucket> complete(List<BucketDraft> drafts, Type type, List<Bucket> had) {
    Set<Long> taken = new HashSet<>();
    had.forEach(bucket -> taken.add(bucket.id()));
    drafts.forEach(draft -> draft.id.ifPresent(taken::add));
    List<Bucket> buckets = new ArrayList<>();
    long next = 0;
    for (BucketDraft draft : drafts) {
      while (draft.id.isEmpty() && !taken.add(next)) {
        next++;
      }
      buckets.add(
          new Bucket(
              draft.id.orElse(next),
              draft.weight.orElse(type == Type.SELECT ? 1 : 0),
              draft.watchPort,
              draft.watchGroup,
              draft.actions));
    }
    return buckets;
  }
}
