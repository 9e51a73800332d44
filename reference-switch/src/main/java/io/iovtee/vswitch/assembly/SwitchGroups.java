// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.FlowTable;
import io.iovtee.api.GroupTable;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowGroup;
import io.iovtee.flow.FlowGroup.Bucket;
import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.store.RuleStore;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.vswitch.datapath.FlowProgram;
import io.iovtee.vswitch.datapath.GroupProgram;
import io.iovtee.vswitch.datapath.GroupRows;
import io.iovtee.vswitch.datapath.PortLiveness;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The switch's groups and meters: which there are, how many rules name each, and what loops
 * counted. A change makes new rows; loops get them with their next program, as they get new rules.
 */
final class SwitchGroups implements GroupTable {
  /** How often {@link #sweep} is due, ms. */
  static final long SWEEP_MS = 1_000;

  private final ControlThread control;
  private final RuleTable rules;
  private final PortNumbers numbers;
  private final GroupRows rows;
  private GroupStore store = GroupStore.EMPTY;

  /** How many rules name a group or meter, by the action that does. */
  private final Map<Action, Integer> uses = new HashMap<>();

  private final Map<Long, Basis> groupBases = new HashMap<>();
  private final Map<Long, Basis> meterBases = new HashMap<>();

  /** Since when something counts in its slot, and what had been counted there by then. */
  private record Basis(int slot, long sinceNs, long[] packets, long[] bytes) {}

  SwitchGroups(RuleTable rules, ControlThread control, PortNumbers numbers, PortLiveness liveness) {
    this.rules = rules;
    this.control = control;
    this.numbers = numbers;
    rows = new GroupRows(numbers::lookup, liveness);
  }

  GroupRows rows() {
    return rows;
  }

  /** Refuses a rule that names a group or meter which is not there. */
  static void check(FlowRule rule, GroupStore in) {
    in.checkNamed(rule, () -> "rule " + FlowRuleFormatter.format(rule));
  }

  /** A rule was added (nothing before), deleted (nothing after) or changed. Control thread. */
  void ruleChanged(@Nullable FlowRule before, @Nullable FlowRule after) {
    count(before, -1, uses);
    count(after, 1, uses);
  }

  private static void count(@Nullable FlowRule rule, int by, Map<Action, Integer> uses) {
    if (rule == null) {
      return;
    }
    for (Action action : rule.actions()) {
      if (isNaming(action)) {
        uses.merge(action, by, (had, more) -> had + more == 0 ? null : had + more);
      }
    }
  }

  private static boolean isNaming(Action action) {
    return action instanceof Action.Group || action instanceof Action.Meter;
  }

  @Override
  public CompletionStage<Long> change(List<GroupMod> mods, long expectedVersion) {
    return rules.change(mods, expectedVersion).thenApply(FlowTable.Changed::version);
  }

  /** Those that there are. Control thread. */
  GroupStore store() {
    return store;
  }

  /** Refuses what names a port that was never configured. */
  void checkPorts(GroupStore next) {
    next.checkPorts(port -> numbers.lookup(port) >= 0);
  }

  /**
   * Refuses that a group or meter goes which rules name.
   *
   * @param next those that there would be
   * @param changes of rules; the table has them already
   */
  void checkUnused(GroupStore next, List<? extends RuleStore.Change<?>> changes) {
    Map<Action, Integer> usesThen = new HashMap<>(uses);
    for (RuleStore.Change<?> change : changes) {
      count(change.before(), -1, usesThen);
      count(change.after(), 1, usesThen);
    }
    usesThen.forEach((action, count) -> {
      if (!next.has(action)) {
        throw new IllegalArgumentException(
            "%s is in use by %d rules, for example %s; change or delete them first"
                .formatted(
                    FlowRuleFormatter.format(action),
                    count,
                    FlowRuleFormatter.format(rules.ruleWith(action))));
      }
    });
  }

  /**
   * From now on these are compiled into programs. Control thread.
   *
   * @return what to take back when all loops work by such a program
   */
  GroupRows.Left put(GroupStore next) {
    long nowNs = System.nanoTime();
    GroupRows.Left left = rows.replace(next.groups(), next.meters(), nowNs);
    store = next;
    List<FlowProgram> programs = rules.programs();
    groupBases.keySet().removeIf(id -> !next.has(new Action.Group(id)));
    meterBases.keySet().removeIf(id -> !next.has(new Action.Meter(id)));
    for (FlowGroup group : next.groups()) {
      int slot = rows.slotOfGroup(group.id());
      Basis had = groupBases.get(group.id());
      if (had == null || had.slot != slot) {
        groupBases.put(group.id(), bucketBasis(group, slot, nowNs, programs));
      }
    }
    for (FlowMeter meter : next.meters()) {
      int slot = rows.slotOfMeter(meter.id());
      Basis had = meterBases.get(meter.id());
      if (had == null || had.slot != slot) {
        meterBases.put(meter.id(), meterBasis(meter, slot, nowNs, programs));
      }
    }
    return left;
  }

  private static Basis bucketBasis(
      FlowGroup group, int slot, long nowNs, List<FlowProgram> programs) {
    int count = group.buckets().size();
    Basis basis = new Basis(slot, nowNs, new long[count], new long[count]);
    for (int b = 0; b < count; b++) {
      int bucket = b;
      basis.packets[b] = sum(programs, loop -> loop.bucketPackets(slot, bucket));
      basis.bytes[b] = sum(programs, loop -> loop.bucketBytes(slot, bucket));
    }
    return basis;
  }

  /** First what exceeded no band, then the bands. */
  private static Basis meterBasis(
      FlowMeter meter, int slot, long nowNs, List<FlowProgram> programs) {
    int count = 1 + meter.bands().size();
    Basis basis = new Basis(slot, nowNs, new long[count], new long[count]);
    for (int c = 0; c < count; c++) {
      int band = GroupProgram.WITHIN + c;
      basis.packets[c] = sum(programs, loop -> loop.meterPackets(slot, band));
      basis.bytes[c] = sum(programs, loop -> loop.meterBytes(slot, band));
    }
    return basis;
  }

  private static long sum(List<FlowProgram> programs, ToLongFunction<GroupProgram> counter) {
    return programs.stream().map(FlowProgram::groups).mapToLong(counter).sum();
  }

  /** No loop works by what has left any more. Control thread. */
  void takeBack(GroupRows.Left left) {
    rows.takeBack(left);
  }

  /** Every {@link #SWEEP_MS}. Control thread. */
  void sweep() {
    rows.refresh(System.nanoTime());
  }

  @Override
  public List<GroupEntry> groups() {
    return control.call(
        "reading the groups",
        () -> {
          List<GroupEntry> entries = new ArrayList<>();
          store.groups().forEach(group -> entries.add(entry(group)));
          return entries;
        });
  }

  private GroupEntry entry(FlowGroup group) {
    Basis before = groupBases.get(group.id());
    if (before == null) {
      throw new IllegalStateException("a group without counters: group_id=" + group.id());
    }
    long nowNs = System.nanoTime();
    Basis now = bucketBasis(group, before.slot, nowNs, rules.programs());
    List<BucketEntry> buckets = new ArrayList<>();
    for (Bucket bucket : group.buckets()) {
      int b = buckets.size();
      buckets.add(
          new BucketEntry(
              bucket,
              rows.isLive(group.id(), b),
              now.packets[b] - before.packets[b],
              now.bytes[b] - before.bytes[b]));
    }
    int named = uses.getOrDefault(new Action.Group(group.id()), 0);
    return new GroupEntry(group, buckets, named, (nowNs - before.sinceNs) / 1_000_000);
  }

  @Override
  public List<MeterEntry> meters() {
    return control.call(
        "reading the meters",
        () -> {
          List<MeterEntry> entries = new ArrayList<>();
          store.meters().forEach(meter -> entries.add(entry(meter)));
          return entries;
        });
  }

  private MeterEntry entry(FlowMeter meter) {
    Basis before = meterBases.get(meter.id());
    if (before == null) {
      throw new IllegalStateException("a meter without counters: meter=" + meter.id());
    }
    long nowNs = System.nanoTime();
    Basis now = meterBasis(meter, before.slot, nowNs, rules.programs());
    List<BandEntry> bands = new ArrayList<>();
    for (FlowMeter.Band band : meter.bands()) {
      int c = 1 + bands.size();
      bands.add(
          new BandEntry(band, now.packets[c] - before.packets[c], now.bytes[c] - before.bytes[c]));
    }
    return new MeterEntry(
        meter,
        LongStream.of(now.packets).sum() - LongStream.of(before.packets).sum(),
        LongStream.of(now.bytes).sum() - LongStream.of(before.bytes).sum(),
        bands,
        uses.getOrDefault(new Action.Meter(meter.id()), 0),
        (nowNs - before.sinceNs) / 1_000_000);
  }
}
