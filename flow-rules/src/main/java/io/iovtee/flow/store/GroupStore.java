// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.Action;
import io.iovtee.flow.BucketDraft;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.NotThereException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
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
    for (FlowGroup group : groups.values()) {
      for (Bucket bucket : group.buckets()) {
        checkNamed(bucket.actions(), () -> "group " + group.id());
        checkNamed(watched(bucket), () -> "group " + group.id() + " as watch_group");
      }
    }
    GroupChains.check(groups, Bucket::actions);
    GroupChains.check(groups, GroupStore::watched);
  }

  /** A group that a bucket watches, as if an action named it. */
  private static List<Action> watched(Bucket bucket) {
    return bucket.watchGroup() == null ? List.of() : List.of(new Action.Group(bucket.watchGroup()));
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
   * @throws NotThereException if there is none that is changed or deleted
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
        case GroupMod.InsertBuckets(long id, var place, var drafts) -> {
          FlowGroup had = present("group", nextGroups, id);
          List<Bucket> more = BucketDraft.complete(drafts, had.type(), had.buckets());
          nextGroups.put(id, had.withBuckets(place.insert(had.buckets(), more)));
        }
        case GroupMod.RemoveBuckets(long id, var place) -> {
          FlowGroup had = present("group", nextGroups, id);
          nextGroups.put(id, had.withBuckets(place.remove(had.buckets())));
        }
        case GroupMod.DeleteAllGroups() -> nextGroups.clear();
        case GroupMod.DeleteAllMeters() -> nextMeters.clear();
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
      var unused = present(what, all, id);
    }
    all.put(id, one);
  }

  private static <T> void delete(String what, Map<Long, T> all, long id) {
    var unused = present(what, all, id);
    all.remove(id);
  }

  private static <T> T present(String what, Map<Long, T> all, long id) {
    T one = all.get(id);
    if (one == null) {
      throw new NotThereException("there is no %s %d".formatted(what, id));
    }
    return one;
  }

  /**
   * What it would be after a file that named some of them names others: what it names anew or
   * otherwise is as it says, what it names no more goes, all else stays as it is. What it names and
   * somebody has deleted meanwhile is there again.
   *
   * @throws IllegalArgumentException as {@link #after}
   */
  public GroupStore afterFile(GroupStore before, GroupStore now) {
    return new GroupStore(
        afterFile(groups, before.groups, now.groups), afterFile(meters, before.meters, now.meters));
  }

  private static <T> Map<Long, T> afterFile(
      Map<Long, T> there, Map<Long, T> before, Map<Long, T> now) {
    Map<Long, T> next = new TreeMap<>(there);
    before.forEach((id, one) -> {
      if (!now.containsKey(id)) {
        next.remove(id);
      }
    });
    now.forEach((id, one) -> {
      if (!one.equals(before.get(id))) {
        next.put(id, one);
      } else {
        next.putIfAbsent(id, one);
      }
    });
    return next;
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

  /** Whether the groups and meters that a rule names are there. */
  public boolean hasNamed(FlowRule rule) {
    return rule.actions().stream().allMatch(this::has);
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

  @Override
  public boolean equals(Object other) {
    return other instanceof GroupStore it && groups.equals(it.groups) && meters.equals(it.meters);
  }

  @Override
  public int hashCode() {
    return 31 * groups.hashCode() + meters.hashCode();
  }
}
