// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowMeter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The groups and meters of a switch as loops work by them: rows in which rules find them by number.
 * A change makes new rows; loops see it with their next {@link FlowProgram}. A group keeps its
 * number as long as it is there, but counts in another slot when it changes, so that no loop's
 * counts of the old one fall to the new one.
 *
 * <p>Control thread.
 */
public final class GroupRows {
  /** A slot: all buckets' counters. */
  static final int SLOT_COUNTERS = FlowGroup.BUCKETS_MAX;

  private final PortLiveness liveness;
  private final ActionNumbers numbers;
  private final Numbering groupNumbers = new Numbering();
  private final Numbering meterNumbers = new Numbering();
  private final Slots groupSlots = new Slots();
  private final Slots meterSlots = new Slots();
  private View view;

  /**
   * What loops read.
   *
   * @param groups by number
   * @param meters by number
   * @param groupSlots above all slots of groups
   * @param meterSlots above all slots of meters
   */
  record View(
      @Nullable GroupRow[] groups,
      @Nullable RateMeter[] meters,
      PortLiveness liveness,
      int groupSlots,
      int meterSlots) {}

  /** Numbers and slots that are not used any more once all loops have acknowledged. */
  public record Left(
      List<Long> groups, List<Long> meters, List<Integer> groupSlots, List<Integer> meterSlots) {
    /** None of them. */
    public static final Left NOTHING = new Left(List.of(), List.of(), List.of(), List.of());
  }

  /** No groups, no meters. */
  public GroupRows(ToIntFunction<String> portNumber, PortLiveness liveness) {
    this.liveness = liveness;
    numbers = new ActionNumbers(portNumber, groupNumbers::of, meterNumbers::of);
    view = new View(new GroupRow[0], new RateMeter[0], liveness, 0, 0);
  }

  /** What actions name. */
  public ActionNumbers numbers() {
    return numbers;
  }

  View view() {
    return view;
  }

  /**
   * Makes the rows equal to these. What is equal to what was there goes on as it is.
   *
   * @return to be given to {@link #takeBack} when all loops have acknowledged
   */
  public Left replace(Collection<FlowGroup> groups, Collection<FlowMeter> meters, long nowNs) {
    Left left =
        new Left(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    Map<Long, FlowGroup> byId = new HashMap<>();
    groups.forEach(group -> byId.put(group.id(), group));
    Set<Long> meterIds = new HashSet<>();
    meters.forEach(meter -> meterIds.add(meter.id()));
    groupNumbers.assign(byId.keySet(), left.groups);
    meterNumbers.assign(meterIds, left.meters);
    GroupRow[] groupRows = new GroupRow[groupNumbers.limit];
    for (FlowGroup group : groups) {
      int number = groupNumbers.of(group.id());
      GroupRow old = group(number);
      WatchedPorts[] watched = WatchedPorts.of(group, byId, numbers.port());
      groupRows[number] = old != null && old.isAs(group, watched) ? old : row(group, watched, old);
    }
    RateMeter[] meterRows = new RateMeter[meterNumbers.limit];
    for (FlowMeter meter : meters) {
      int number = meterNumbers.of(meter.id());
      RateMeter old = meter(number);
      boolean same = old != null && old.meter.equals(meter);
      meterRows[number] = same ? old : new RateMeter(meter, meterSlots.take(), nowNs);
    }
    leaveSlots(groupRows, meterRows, left);
    view = new View(groupRows, meterRows, liveness, groupSlots.limit, meterSlots.limit);
    return left;
  }

  /** A row that differs from the old one only in what watched groups watch counts on. */
  private GroupRow row(FlowGroup group, WatchedPorts[] watched, @Nullable GroupRow old) {
    int slot = old != null && old.group.equals(group) ? old.slot : groupSlots.take();
    return new GroupRow(group, slot, watched, numbers);
  }

  private void leaveSlots(GroupRow[] groups, RateMeter[] meters, Left left) {
    for (int i = 0; i < view.groups.length; i++) {
      GroupRow old = view.groups[i];
      GroupRow row = i < groups.length ? groups[i] : null;
      if (old != null && (row == null || row.slot != old.slot)) {
        left.groupSlots.add(old.slot);
      }
    }
    for (int i = 0; i < view.meters.length; i++) {
      RateMeter old = view.meters[i];
      RateMeter row = i < meters.length ? meters[i] : null;
      if (old != null && (row == null || row.slot != old.slot)) {
        left.meterSlots.add(old.slot);
      }
    }
  }

  /** No loop works by what has left any more: its numbers and slots may be used again. */
  public void takeBack(Left left) {
    left.groups.forEach(groupNumbers::free);
    left.meters.forEach(meterNumbers::free);
    groupSlots.free.addAll(left.groupSlots);
    meterSlots.free.addAll(left.meterSlots);
  }

  /** Once a second or so: {@link RateMeter#refresh}. */
  public void refresh(long nowNs) {
    for (RateMeter meter : view.meters) {
      if (meter != null) {
        meter.refresh(nowNs);
      }
    }
  }

  private @Nullable GroupRow group(int number) {
    return number < view.groups.length ? view.groups[number] : null;
  }

  private @Nullable RateMeter meter(int number) {
    return number < view.meters.length ? view.meters[number] : null;
  }

  /** Slot in which loops count for the group. */
  public int slotOfGroup(long id) {
    GroupRow row = group(groupNumbers.of(id));
    return row == null ? -1 : row.slot;
  }

  /** Whether a group's bucket is live, by what is known of ports. */
  public boolean isLive(long id, int bucket) {
    GroupRow row = group(groupNumbers.of(id));
    return row != null && row.watched[bucket].isLive(liveness::isLive);
  }

  /** Slot in which loops count for the meter. */
  public int slotOfMeter(long id) {
    RateMeter row = meter(meterNumbers.of(id));
    return row == null ? -1 : row.slot;
  }

  /** Numbers of ids. One that goes keeps its number until it is given back. */
  private static final class Numbering {
    private final Map<Long, Integer> numbers = new HashMap<>();
    private final Set<Long> gone = new HashSet<>();
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private int limit;

    int of(long id) {
      Integer number = numbers.get(id);
      if (number == null) {
        throw new IllegalArgumentException("no such group or meter: " + id);
      }
      return number;
    }

    void assign(Set<Long> ids, List<Long> left) {
      for (long id : ids) {
        gone.remove(id);
        if (!numbers.containsKey(id)) {
          Integer number = free.poll();
          numbers.put(id, number == null ? limit++ : number);
        }
      }
      for (long id : numbers.keySet()) {
        if (!ids.contains(id) && gone.add(id)) {
          left.add(id);
        }
      }
    }

    void free(long id) {
      if (gone.remove(id)) {
        Integer number = numbers.remove(id);
        if (number != null) {
          free.add(number);
        }
      }
    }
  }

  /** Places for counters. */
  private static final class Slots {
    private final ArrayDeque<Integer> free = new ArrayDeque<>();
    private int limit;

    int take() {
      Integer slot = free.poll();
      return slot == null ? limit++ : slot;
    }
  }
}
