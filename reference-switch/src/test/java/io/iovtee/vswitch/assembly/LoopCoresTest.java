// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.iovtee.vswitch.linux.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which threads leave a core. Only threads of the test's own are moved. */
final class LoopCoresTest {
  private final CountDownLatch end = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  /** Starts a thread that stays until the test ends; answers its number. */
  private int thread(Runnable first) {
    CompletableFuture<Integer> id = new CompletableFuture<>();
    Thread thread =
        new Thread(() -> {
          first.run();
          id.complete(Scheduler.threadId());
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    threads.add(thread);
    thread.start();
    return id.join();
  }

  @AfterEach
  void endThreads() throws InterruptedException {
    end.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static BitSet allowed() {
    BitSet all = Scheduler.affinity();
    assumeThat(all.cardinality()).as("cores that this process may use").isGreaterThan(1);
    return all;
  }

  private static BitSet first(BitSet all) {
    BitSet one = new BitSet();
    one.set(all.nextSetBit(0));
    return one;
  }

  @Test
  void aThreadThatMayRunElsewhereLeavesTheCoreAndTheLoopStays() {
    BitSet all = allowed();
    BitSet core = first(all);
    int loop = thread(() -> Scheduler.setAffinity(core));
    int other = thread(() -> {});
    assertThat(LoopCores.leave(List.of(loop, other), core)).isEqualTo(Set.of(other));
    BitSet rest = (BitSet) all.clone();
    rest.andNot(core);
    assertThat(Scheduler.affinity(other)).isEqualTo(rest);
    assertThat(Scheduler.affinity(loop)).isEqualTo(core);
    assertThat(LoopCores.leave(List.of(loop, other), core)).as("a second time").isEmpty();
  }

  @Test
  void nobodyIsMovedWhereThereIsNoOtherCore() {
    int other = thread(() -> {});
    BitSet before = Scheduler.affinity(other);
    assertThat(LoopCores.leave(List.of(other), before)).isEmpty();
    assertThat(Scheduler.affinity(other)).isEqualTo(before);
  }

  @Test
  void aThreadThatHasEndedIsNoError() {
    assertThat(LoopCores.leave(List.of(Integer.MAX_VALUE), first(allowed()))).isEmpty();
  }

  /** HotSpot's own names, or the exception would never apply. */
  @Test
  void theThreadOfSafepointsIsKnownByItsName() throws IOException {
    List<String> names = new ArrayList<>();
    try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
      for (Path task : tasks.toList()) {
        try {
          names.add(Files.readString(task.resolve("comm")).strip());
        } catch (IOException e) {
          continue; // a thread of the compiler that has just ended
        }
      }
    }
    assertThat(names).filteredOn(LoopCores::isOfSafepoints).contains("VM Thread");
    assertThat(names)
        .filteredOn(name -> name.startsWith("C2 ") || name.startsWith("java"))
        .isNotEmpty()
        .noneMatch(LoopCores::isOfSafepoints);
    assertThat(LoopCores.isOfSafepoints("GC Thread#0")).isTrue();
  }

  @Test
  void aSwitchThatEndsBeforeItHasSettledMovesNobody() throws InterruptedException {
    BitSet before = Scheduler.affinity();
    Thread settling = LoopCores.reserveOnceSettled(List.of(before.nextSetBit(0)));
    assertThat(settling.isAlive()).as("it waits").isTrue();
    settling.interrupt();
    settling.join();
    assertThat(Scheduler.affinity()).isEqualTo(before);
  }

  @Test
  void loopsThatAreNotPinnedReserveNothing() {
    BitSet before = Scheduler.affinity();
    LoopCores.reserve(List.of(-1, -1));
    assertThat(Scheduler.affinity()).isEqualTo(before);
  }
}
