// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Scheduler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the cores of poll loops free of this process's other threads: the JVM's compilers and
 * collector, the control plane, the sessions. A loop never sleeps under load, so each of them that
 * runs on its core stops it for up to a time slice, which is milliseconds; a ring bridges a tenth
 * of one. Other processes are the operator's to keep away ({@code isolcpus}, cgroups).
 *
 * <p>The thread that carries out what the JVM stops all others for, and the collector's that work
 * with it, may use every core: while they run the loop stands still anyway, and its core is free.
 */
public final class LoopCores {
  private static final Logger LOG = LoggerFactory.getLogger(LoopCores.class);

  private static final Path TASKS = Path.of("/proc/self/task");

  /** What a start and its first traffic have compiled is done by then. */
  private static final long SETTLE_S = 30;

  /** Threads may be made while others are moved; each pass finds fewer, a second one none. */
  private static final int PASSES_MAX = 8;

  private LoopCores() {}

  /**
   * Does what {@link #reserve} does, once the start is over: before, the compilers have much to do,
   * and where all other cores are busy they need a share of the loops'.
   *
   * @return interrupt it, and it will not be done
   */
  public static Thread reserveOnceSettled(List<Integer> cores) {
    return Thread.ofPlatform()
        .name("iovtee-cores")
        .daemon()
        .start(() -> {
          try {
            TimeUnit.SECONDS.sleep(SETTLE_S);
            reserve(cores);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  /**
   * Moves every thread that may also run elsewhere off these cores; those that they make later
   * follow. A thread that may run nowhere else stays: a poll loop, or everybody where the process
   * was given no other core. Call it when all threads that are there to stay have been made.
   *
   * @param cores of the poll loops; negative numbers, which mean "not pinned", are skipped
   */
  public static void reserve(List<Integer> cores) {
    BitSet reserved = new BitSet();
    cores.stream().filter(core -> core >= 0).forEach(reserved::set);
    if (reserved.isEmpty()) {
      return;
    }
    try {
      Set<Integer> moved = new HashSet<>();
      Set<Integer> seen = new HashSet<>();
      for (int pass = 0; pass < PASSES_MAX; pass++) {
        Set<Integer> threads = threads();
        threads.removeAll(seen);
        if (threads.isEmpty()) {
          break;
        }
        seen.addAll(threads);
        threads.removeIf(LoopCores::runsWhileLoopsStand);
        moved.addAll(leave(threads, reserved));
      }
      LOG.info("{} threads keep off the cores of poll loops, {}", moved.size(), reserved);
    } catch (ErrnoException | UncheckedIOException e) {
      LOG.warn("could not keep other threads off the cores of poll loops: {}", e.getMessage());
    }
  }

  /** Moves those of the threads that may also run elsewhere; answers which. */
  static Set<Integer> leave(Collection<Integer> threads, BitSet reserved) {
    Set<Integer> moved = new HashSet<>();
    for (int thread : threads) {
      try {
        BitSet rest = Scheduler.affinity(thread);
        boolean affected = rest.intersects(reserved);
        rest.andNot(reserved);
        if (affected && !rest.isEmpty()) {
          Scheduler.setAffinity(thread, rest);
          moved.add(thread);
        }
      } catch (ErrnoException e) {
        if (e.errno() != Errno.ESRCH) { // it has ended meanwhile
          throw e;
        }
      }
    }
    return moved;
  }

  private static boolean runsWhileLoopsStand(int thread) {
    try {
      return isOfSafepoints(Files.readString(TASKS.resolve(thread + "/comm")).strip());
    } catch (IOException e) {
      return false; // it has ended meanwhile
    }
  }

  /** By the names that HotSpot gives them. */
  static boolean isOfSafepoints(String name) {
    return name.equals("VM Thread") || name.startsWith("GC Thread#");
  }

  /** Of this process, by the kernel's numbers. */
  private static Set<Integer> threads() {
    Set<Integer> threads = new HashSet<>();
    try (Stream<Path> files = Files.list(TASKS)) {
      files.forEach(file -> threads.add(Integer.valueOf(String.valueOf(file.getFileName()))));
      return threads;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + TASKS, e);
    }
  }
}
