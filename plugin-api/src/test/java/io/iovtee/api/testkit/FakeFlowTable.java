// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.DropReason;
import io.iovtee.api.FlowTable;
import io.iovtee.api.FrameVerdict;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.FlowMod;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.flow.store.RuleRow;
import io.iovtee.flow.store.RuleStore;
import io.iovtee.flow.store.TableContent;
import io.iovtee.flow.store.TableMod;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** A rule table that compiles nothing, and knows which ports there are. */
public final class FakeFlowTable implements FlowTable {
  private static final int RULES_MAX = 1_000;

  private final Predicate<String> portExists;
  private final Consumer<List<RuleDelta>> beforeChange;
  private final LongConsumer onChange;
  private final RuleStore<RuleRow> store = new RuleStore<>(RuleRow::new, RULES_MAX);
  private final FakeGroupTable groups;
  private long version = 1;
  private int timesRead;

  FakeFlowTable(
      Predicate<String> portExists, Consumer<List<RuleDelta>> beforeChange, LongConsumer onChange) {
    this.portExists = portExists;
    this.beforeChange = beforeChange;
    this.onChange = onChange;
    groups = new FakeGroupTable(this, portExists);
  }

  FakeGroupTable groups() {
    return groups;
  }

  @Override
  public synchronized long version() {
    return version;
  }

  @Override
  public synchronized List<FlowEntry> entries() {
    timesRead++;
    return store.rows().map(FakeFlowTable::entryOf).toList();
  }

  /** How often all rules were read: what costs much where there are many. */
  public synchronized int timesRead() {
    return timesRead;
  }

  @Override
  public synchronized int size() {
    return store.size();
  }

  @Override
  public synchronized Optional<FlowEntry> entry(long id) {
    return store.byId(id).map(FakeFlowTable::entryOf);
  }

  @Override
  public synchronized Page page(long from, int limit) {
    List<RuleRow> rows = store.rowsFrom(from).limit(limit + 1L).toList();
    boolean more = rows.size() > limit;
    return new Page(
        version,
        store.size(),
        rows.stream().limit(limit).map(FakeFlowTable::entryOf).toList(),
        more ? OptionalLong.of(rows.get(limit).order()) : OptionalLong.empty());
  }

  private static FlowEntry entryOf(RuleRow row) {
    return new FlowEntry(row.id(), row.rule(), 0, 0, 0, 0);
  }

  /** Every frame meets the first rule and leaves through the ports that it names, unchanged. */
  @Override
  public synchronized CompletionStage<FrameVerdict> trace(String inPort, byte[] frame) {
    if (!portExists.test(inPort)) {
      return CompletableFuture.failedFuture(
          new IllegalArgumentException("no such port: port=" + inPort));
    }
    Optional<FlowEntry> rule = entries().stream().findFirst();
    List<FrameVerdict.Departure> departures = new ArrayList<>();
    for (Action action : rule.map(entry -> entry.rule().actions()).orElse(List.of())) {
      if (action instanceof Action.Output output) {
        departures.add(new FrameVerdict.Departure(output.port(), 0, frame));
      }
    }
    DropReason dropped =
        !departures.isEmpty()
            ? DropReason.NONE
            : rule.isEmpty() ? DropReason.NO_RULE : DropReason.RULE;
    return CompletableFuture.completedFuture(
        new FrameVerdict(
            inPort,
            frame,
            "in_port=" + inPort,
            false,
            List.of(),
            List.of(),
            rule,
            List.of(),
            false,
            dropped,
            departures,
            List.of()));
  }

  @Override
  public CompletionStage<Changed> change(List<? extends TableMod> mods, long expectedVersion) {
    List<FlowRule> named = new ArrayList<>();
    List<FlowMod> ofRules = new ArrayList<>();
    List<GroupMod> ofGroups = new ArrayList<>();
    for (TableMod mod : mods) {
      switch (mod) {
        case GroupMod group -> ofGroups.add(group);
        case FlowMod rule -> {
          ofRules.add(rule);
          switch (rule) {
            case FlowMod.Add add -> named.add(add.rule());
            case FlowMod.Modify modify -> named.add(modify.like());
            case FlowMod.Delete _, FlowMod.DeleteId _ -> {}
          }
        }
      }
    }
    return change(
        named,
        () -> groups.checked(groups.store().after(ofGroups)),
        () -> store.apply(ofRules),
        false,
        expectedVersion);
  }

  @Override
  public CompletionStage<Changed> replace(TableContent content, long expectedVersion) {
    List<FlowRule> rules = content.rules();
    return change(
        rules,
        () -> groups.checked(content.groups().orElse(groups.store())),
        () -> store.replace(rules),
        true,
        expectedVersion);
  }

  private CompletionStage<Changed> change(
      List<FlowRule> named,
      Supplier<GroupStore> groupsThen,
      Supplier<RuleStore.Changes<RuleRow>> work,
      boolean always,
      long expectedVersion) {
    Changed changed;
    List<RuleDelta> deltas;
    try {
      named.forEach(this::checkPorts);
      synchronized (this) {
        if (expectedVersion != -1 && expectedVersion != version) {
          throw new IllegalStateException(
              "the table moved on: version=" + version + ", expected=" + expectedVersion);
        }
        GroupStore nextGroups = groupsThen.get();
        RuleStore.Changes<RuleRow> done = work.get();
        boolean nothing = !groups.put(nextGroups) && !always && done.rows().isEmpty();
        version += nothing ? 0 : 1;
        deltas = done.deltas();
        changed =
            new Changed(
                version,
                store.size(),
                done.named().size(),
                done.named().stream()
                    .limit(Changed.ENTRIES_MAX)
                    .map(FakeFlowTable::entryOf)
                    .toList());
        if (nothing) {
          return CompletableFuture.completedFuture(changed);
        }
      }
      beforeChange.accept(deltas);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    onChange.accept(changed.version());
    return CompletableFuture.completedFuture(changed);
  }

  private void checkPorts(FlowRule rule) {
    String inPort = rule.match().inPort();
    if (inPort != null && !portExists.test(inPort)) {
      throw new IllegalArgumentException("in_port: no port has this name: name=" + inPort);
    }
    for (Action action : rule.actions()) {
      if (action instanceof Action.Output output && !portExists.test(output.port())) {
        throw new IllegalArgumentException("output: no port has this name: name=" + output.port());
      }
    }
  }
}
