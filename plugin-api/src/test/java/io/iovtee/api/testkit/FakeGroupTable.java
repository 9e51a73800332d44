// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api.testkit;

import io.iovtee.api.GroupTable;
import io.iovtee.flow.store.GroupMod;
import io.iovtee.flow.store.GroupStore;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** Groups and meters that no frame ever meets; that rules name them is not looked at. */
final class FakeGroupTable implements GroupTable {
  private final Predicate<String> portExists;
  private final LongSupplier version;
  private GroupStore store = GroupStore.EMPTY;

  FakeGroupTable(Predicate<String> portExists, LongSupplier version) {
    this.portExists = portExists;
    this.version = version;
  }

  @Override
  public synchronized List<GroupEntry> groups() {
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
  public synchronized List<MeterEntry> meters() {
    return store.meters().stream().map(meter -> new MeterEntry(meter, 0, 0, 0, 0, 0, 0)).toList();
  }

  @Override
  public synchronized CompletionStage<Long> change(List<GroupMod> mods, long expectedVersion) {
    if (expectedVersion >= 0 && expectedVersion != version.getAsLong()) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("the rules changed meanwhile"));
    }
    try {
      GroupStore next = store.after(mods);
      next.checkPorts(portExists);
      store = next;
      return CompletableFuture.completedFuture(version.getAsLong());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
