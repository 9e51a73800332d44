// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import com.sun.management.ThreadMXBean;
import io.iovtee.api.SwitchStats.LoopStats;
import io.iovtee.vswitch.datapath.FlowProgram;
import io.iovtee.vswitch.datapath.LookupCounts;
import io.iovtee.vswitch.datapath.MacTable;
import io.iovtee.vswitch.datapath.PollLoop;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/** The switch's poll loops and their threads. */
final class Loops implements AutoCloseable {
  /** How long a loop may take to end its duty cycle and leave. */
  private static final long END_TIMEOUT_MS = 2000;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final List<PollLoop> loops = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReferenceArray<CoreWait> waits;

  /** Makes and starts one loop per entry; each gets an equal share of the pool. */
  Loops(
      List<Integer> cpus,
      HostPool pool,
      Supplier<FlowProgram> program,
      MacTable macs,
      IntConsumer memoryFault) {
    int share = pool.chunks() / cpus.size();
    waits = new AtomicReferenceArray<>(cpus.size());
    for (int i = 0; i < cpus.size(); i++) {
      loops.add(
          new PollLoop(
              "loop" + i, cpus.get(i), pool.slice(share), program.get(), macs, memoryFault));
    }
    for (int i = 0; i < cpus.size(); i++) {
      int index = i;
      PollLoop loop = loops.get(i);
      Thread thread =
          new Thread(
              () -> {
                waits.set(index, CoreWait.ofCurrentThread());
                loop.run();
              },
              "iovtee-" + loop.name());
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
  }

  List<PollLoop> all() {
    return loops;
  }

  PollLoop get(int index) {
    return loops.get(index);
  }

  List<LoopStats> stats() {
    List<LoopStats> stats = new ArrayList<>();
    for (int i = 0; i < loops.size(); i++) {
      PollLoop loop = loops.get(i);
      LookupCounts lookups = loop.lookups();
      stats.add(
          new LoopStats(
              loop.name(),
              loop.cpu(),
              loop.clock().dutyCycles(),
              loop.clock().busyNs(),
              loop.clock().emulationNs(),
              loop.clock().idleNs(),
              Math.max(0, THREADS.getThreadAllocatedBytes(threads.get(i).threadId())),
              lookups.cacheHits(),
              lookups.cacheMisses(),
              lookups.unparsed(),
              Objects.requireNonNullElse(waits.get(i), CoreWait.UNKNOWN).waitNs(),
              loop.clock().pauses().stats(),
              loop.lostBuffers()));
    }
    return stats;
  }

  @Override
  public void close() {
    loops.forEach(PollLoop::stop);
    for (Thread thread : threads) {
      try {
        thread.join(END_TIMEOUT_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
