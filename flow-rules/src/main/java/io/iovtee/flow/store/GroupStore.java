// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowRule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The groups and meters that a switch shall have, by id. What a group names of them is there, and
 * no chain of groups comes back to its beginning. Immutable.
 */
public final class GroupStore {
  /** A select group costs 4 KB for its choice, and each group counters in each loop. */
  public static final int GROUPS_MAX = 4_096;

  /** Each meter is looked at once a second. */
  public static final int METERS_MAX = 4_096;

  /** Groups in one chain: what a frame that goes through all of them may cost. */
  public static final int CHAIN_MAX = 8;

  /** None of either. */
  public static final GroupStore EMPTY = new GroupStore(Map.of(), Map.of());

  private final Map<Long, FlowGroup> groups;
  private final Map<Long, FlowMeter> meters;

  private GroupStore(Map<Long, FlowGroup> groups, Map<Long, FlowMeter> meters) {
    this.groups = Collections.unmodifiableMap(new TreeMap<>(groups));
    this.meters = Collections.unmodifiableMap(new TreeMap<>(meters));
    if (groups.size() > GROUPS_MAX || meters.size() > METERS_MAX) {
      throw new IllegalArgumentException(
          "at most %d groups and %d meters are taken: groups=%d, meters=%d"
              .formatted(GROUPS_MAX, METERS_MAX, groups.size(), meters.size()));
    }
    Map<Long, Integer> lengths = new HashMap<>();
    for (FlowGroup group : groups.values()) {
      for (Bucket bucket : group.buckets()) {
        checkNamed(bucket.actions(), () -> "group " + group.id());
      }
      follow(group, new ArrayList<>(), lengths);
    }
  }

  /**
   * All that are wanted.
   *
   * @throws IllegalArgumentException if two have one id, or as {@link #after}
   */
  public static GroupStore of(List<FlowGroup> groups, List<FlowMeter> meters) {
    List<GroupMod> mods = new ArrayList<>();
    meters.forEach(meter -> mods.add(new GroupMod.AddMeter(meter)));
    groups.forEach(group -> mods.add(new GroupMod.AddGroup(group)));
    return EMPTY.after(mods);
  }

  /**
   * What it would be after these commands, one after the other; only the end is looked at for what
   * groups name.
   *
   * @throws IllegalArgumentException if there is one already that is added, if a group names what
   *     is not there, or if groups would be too many, chained too long or in a circle
   * @throws NoSuchElementException if there is none that is changed or deleted
   */
  public GroupStore after(List<GroupMod> mods) {
    Map<Long, FlowGroup> nextGroups = new TreeMap<>(groups);
    Map<Long, FlowMeter> nextMeters = new TreeMap<>(meters);
    for (GroupMod mod : mods) {
      switch (mod) {
        case GroupMod.AddGroup(FlowGroup group) -> add("group", nextGroups, group.id(), group);
        case GroupMod.ModifyGroup(FlowGroup group, boolean mayCreate) ->
            modify("group", nextGroups, group.id(), group, mayCreate);
        case GroupMod.DeleteGroup(long id) -> delete("group", nextGroups, id);
        case GroupMod.AddMeter(FlowMeter meter) -> add("meter", nextMeters, meter.id(), meter);
        case GroupMod.ModifyMeter(FlowMeter meter, boolean mayCreate) ->
            modify("meter", nextMeters, meter.id(), meter, mayCreate);
        case GroupMod.DeleteMeter(long id) -> delete("meter", nextMeters, id);
        case GroupMod.DeleteAll() -> {
          nextGroups.clear();
          nextMeters.clear();
        }
      }
    }
    return new GroupStore(nextGroups, nextMeters);
  }

  private static <T> void add(String what, Map<Long, T> all, long id, T one) {
    if (all.putIfAbsent(id, one) != null) {
      throw new IllegalArgumentException(
          "there is a %s %d already; modify it, or delete it first".formatted(what, id));
    }
  }

  private static <T> void modify(String what, Map<Long, T> all, long id, T one, boolean mayCreate) {
    if (!mayCreate) {
      checkPresent(what, all, id);
    }
    all.put(id, one);
  }

  private static <T> void delete(String what, Map<Long, T> all, long id) {
    checkPresent(what, all, id);
    all.remove(id);
  }

  private static void checkPresent(String what, Map<Long, ?> all, long id) {
    if (!all.containsKey(id)) {
      throw new NoSuchElementException("there is no %s %d".formatted(what, id));
    }
  }

  /**
   * Goes along the chains that begin with a group, each group once however many chains it is in.
   *
   * @param way the groups from the first one to this one's predecessor
   * @param lengths of the longest chain from each group that was gone through before
   * @return of the longest chain from this one
   */
  private int follow(FlowGroup group, List<Long> way, Map<Long, Integer> lengths) {
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
      for (Action action : bucket.actions()) {
        FlowGroup named = action instanceof Action.Group(long next) ? groups.get(next) : null;
        if (named != null) {
          longest = Math.max(longest, follow(named, way, lengths));
        }
      }
    }
    if (longest >= CHAIN_MAX) {
      throw new IllegalArgumentException(
          "a chain has at most %d groups, from group %d there are more"
              .formatted(CHAIN_MAX, group.id()));
    }
    way.removeLast();
    lengths.put(group.id(), longest + 1);
    return longest + 1;
  }

  private static String arrows(List<Long> way) {
    return String.join(" -> ", way.stream().map(String::valueOf).toList());
  }

  /** Refuses actions that name a group or meter which is not there, as OVS does. */
  private void checkNamed(List<Action> actions, Supplier<String> whose) {
    for (Action action : actions) {
      if (!has(action)) {
        throw new IllegalArgumentException(
            "no such group or meter: %s, named by %s; add it first"
                .formatted(name(action), whose.get()));
      }
    }
  }

  private static String name(Action action) {
    return switch (action) {
      case Action.Group(long id) -> "group:" + id;
      case Action.Meter(long id) -> "meter:" + id;
      default -> "";
    };
  }

  /**
   * Refuses a rule that names a group or meter which is not there.
   *
   * @param name what the message calls the rule
   * @throws IllegalArgumentException with what is missing
   */
  public void checkNamed(FlowRule rule, Supplier<String> name) {
    checkNamed(rule.actions(), name);
  }

  /**
   * Refuses buckets that name ports which are not there.
   *
   * @throws IllegalArgumentException with the port and the group
   */
  public void checkPorts(Predicate<String> portExists) {
    for (FlowGroup group : groups.values()) {
      for (Bucket bucket : group.buckets()) {
        List<String> named = new ArrayList<>();
        if (bucket.watchPort() != null) {
          named.add(bucket.watchPort());
        }
        bucket.actions().stream()
            .map(Action::port)
            .flatMap(port -> Optional.ofNullable(port).stream())
            .forEach(named::add);
        for (String port : named) {
          if (!portExists.test(port)) {
            throw new IllegalArgumentException(
                "no such port: port=%s, group %d; add the port first or take the bucket out"
                    .formatted(port, group.id()));
          }
        }
      }
    }
  }

  /** By id. */
  public Collection<FlowGroup> groups() {
    return groups.values();
  }

  /** By id. */
  public Collection<FlowMeter> meters() {
    return meters.values();
  }

  /** Whether an action names one that is there, or none at all. */
  public boolean has(Action action) {
    return switch (action) {
      case Action.Group(long id) -> groups.containsKey(id);
      case Action.Meter(long id) -> meters.containsKey(id);
      default -> true;
    };
  }
}
