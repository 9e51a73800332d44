// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The chains that groups make by naming each other: none too long, none in a circle. */
final class GroupChains {
  private final Map<Long, FlowGroup> groups;
  private final Function<Bucket, List<Action>> names;

  /** Length of the longest chain from each group that was gone through. */
  private final Map<Long, Integer> lengths = new HashMap<>();

  private GroupChains(Map<Long, FlowGroup> groups, Function<Bucket, List<Action>> names) {
    this.groups = groups;
    this.names = names;
  }

  /**
   * Looks at all of them.
   *
   * @param names which groups a bucket names, among other actions
   * @throws IllegalArgumentException with the groups of a circle, or the first of a chain that is
   *     longer than {@link GroupStore#CHAIN_MAX}
   */
  static void check(Map<Long, FlowGroup> groups, Function<Bucket, List<Action>> names) {
    GroupChains chains = new GroupChains(groups, names);
    for (FlowGroup group : groups.values()) {
      var unused = chains.follow(group, new ArrayList<>());
    }
  }

  /**
   * Goes along the chains that begin with a group, each group once however many chains it is in.
   *
   * @param way the groups from the first one to this one's predecessor
   * @return length of the longest chain from this one
   */
  private int follow(FlowGroup group, List<Long> way) {
    Integer known = lengths.get(group.id());
    if (known != null) {
      return known;
    }
    boolean again = way.contains(group.id());
    way.add(group.id());
    if (again) {
      throw new IllegalArgumentException("groups go in a circle: " + arrows(way));
    }
    int longest = 0;
    for (Bucket bucket : group.buckets()) {
      for (Action action : names.apply(bucket)) {
        FlowGroup named = action instanceof Action.Group(long next) ? groups.get(next) : null;
        if (named != null) {
          longest = Math.max(longest, follow(named, way));
        }
      }
    }
    if (longest >= GroupStore.CHAIN_MAX) {
      throw new IllegalArgumentException(
          "a chain has at most %d groups, from group %d there are more"
              .formatted(GroupStore.CHAIN_MAX, group.id()));
    }
    way.removeLast();
    lengths.put(group.id(), longest + 1);
    return longest + 1;
  }

  private static String arrows(List<Long> way) {
    return String.join(" -> ", way.stream().map(String::valueOf).toList());
  }
}
