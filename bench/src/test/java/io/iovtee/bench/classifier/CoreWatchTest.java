// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.linux.Scheduler;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Two threads of this process on one core: each waits, and the process itself is the reason. */
final class CoreWatchTest {
  private static final String RIVAL = "watch-rival";

  /** Many time slices. */
  private static final long SPIN_NS = 100_000_000;

  private volatile boolean spins;
  private volatile boolean done;

  @Test
  void aWaitForAnotherThreadOfOursIsNoLossUnlessBothAreWatched() throws InterruptedException {
    Thread rival = Thread.ofPlatform().daemon().name(RIVAL).unstarted(this::spin);
    BitSet before = Scheduler.affinity(0);
    BitSet one = new BitSet();
    one.set(before.nextSetBit(0));
    Scheduler.setAffinity(0, one);
    try (CoreWatch own = new CoreWatch(name -> false)) {
      rival.start(); // inherits the core
      while (!spins) {
        Thread.yield(); // the kernel knows its name once it runs
      }
      try (CoreWatch both = new CoreWatch(RIVAL::equals)) {
        own.refresh();
        long ownNs = 0;
        long bothNs = 0;
        // What the compilers run on the other core is taken off: spin until they leave something.
        while (bothNs == 0) {
          own.lostNs();
          both.lostNs();
          long endNs = System.nanoTime() + SPIN_NS;
          while (System.nanoTime() < endNs) {
            Thread.onSpinWait();
          }
          ownNs = own.lostNs();
          bothNs = both.lostNs();
        }
        assertThat(ownNs).as("the rival runs while we wait").isLessThan(bothNs);
      }
    } finally {
      done = true;
      Scheduler.setAffinity(0, before);
      rival.join();
    }
  }

  @Test
  void knowsCompilersByTheirNames() throws InterruptedException {
    assertThat(CoreWatch.isCompiler("VM Thread")).isFalse();
    assertThat(CoreWatch.isCompiler("C1 CompilerThre")).isTrue();
    Thread rival = Thread.ofPlatform().daemon().name("C2 CompilerThread9").start(this::spin);
    while (!spins) {
      Thread.yield(); // the kernel knows its name once it runs
    }
    try (CoreWatch watch = new CoreWatch(_ -> false)) {
      long ranNs = 0;
      while (ranNs == 0) {
        watch.lostNs();
        ranNs = watch.compilersRanNs();
      }
      assertThat(ranNs).isPositive();
    } finally {
      done = true;
      rival.join();
    }
  }

  @Test
  void findsThreadsThatComeAndBearsThoseThatGo() throws InterruptedException {
    Set<String> found = new HashSet<>();
    Predicate<String> none =
        name -> {
          found.add(name);
          return false;
        };
    try (CoreWatch watch = new CoreWatch(none)) {
      Thread rival = Thread.ofPlatform().daemon().name(RIVAL).start(this::spin);
      while (!spins) {
        Thread.yield();
      }
      assertThat(found).doesNotContain(RIVAL);
      watch.refresh();
      assertThat(found).contains(RIVAL);
      done = true;
      rival.join();
      watch.refresh();
      assertThat(watch.lostNs()).isNotNegative();
    }
  }

  private void spin() {
    spins = true;
    while (!done) {
      Thread.onSpinWait();
    }
  }
}
