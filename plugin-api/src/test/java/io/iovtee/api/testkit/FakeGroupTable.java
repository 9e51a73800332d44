// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.FlowTable;
import io.iovtee.api.GroupTable;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Groups and meters that no frame ever meets; that rules name them is not looked at. */
final class FakeGroupTable implements GroupTable {
  private final FlowTable rules;
  private final Predicate<String> portExists;
  private volatile GroupStore store = GroupStore.EMPTY;

  FakeGroupTable(FlowTable rules, Predicate<String> portExists) {
    this.rules = rules;
    this.portExists = portExists;
  }

  @Override
  public List<GroupEntry> groups() {
    return store.groups().stream()
        .map(group ->
            new GroupEntry(
                group,
                group.buckets().stream().map(one -> new BucketEntry(one, true, 0, 0)).toList(),
                0,
                0))
        .toList();
  }

  @Override
  public List<MeterEntry> meters() {
    return store.meters().stream()
        .map(meter ->
            new MeterEntry(
                meter,
                0,
                0,
                meter.bands().stream().map(band -> new BandEntry(band, 0, 0)).toList(),
                0,
                0))
        .toList();
  }

  @Override
  public CompletionStage<Long> change(List<GroupMod> mods, long expectedVersion) {
    return rules.change(mods, expectedVersion).thenApply(FlowTable.Changed::version);
  }

  GroupStore store() {
    return store;
  }

  /** These, if the ports that they name are there. */
  GroupStore checked(GroupStore next) {
    next.checkPorts(portExists);
    return next;
  }

  /** Takes the place of what there was; whether it is something else. */
  boolean put(GroupStore next) {
    boolean other = !next.equals(store);
    store = next;
    return other;
  }
}
