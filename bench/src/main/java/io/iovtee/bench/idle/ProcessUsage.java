// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import io.iovtee.bench.peer.SchedStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the threads of a process have used, by thread id.
 *
 * @param atNs when it was read, {@link System#nanoTime()}
 */
record ProcessUsage(long atNs, Map<Integer, ThreadUsage> threads) {
  /** Takes a private copy. */
  ProcessUsage {
    threads = Map.copyOf(threads);
  }

  /** Reads it now. A thread that ends while we read is left out. */
  static ProcessUsage of(long pid) {
    long atNs = System.nanoTime();
    Map<Integer, ThreadUsage> threads = new HashMap<>();
    SchedStat.threads(pid)
        .forEach((tid, times) -> {
          Path status = Path.of("/proc", Long.toString(pid), "task", tid.toString(), "status");
          try {
            threads.put(tid, ThreadUsage.parse(Files.readString(status), times.onCpuNs()));
          } catch (IOException e) {
            return; // it has ended since its times were read
          }
        });
    return new ProcessUsage(atNs, threads);
  }

  /** What was used since an earlier reading; by a thread that is new, since its start. */
  IdleWindow since(ProcessUsage earlier) {
    List<ThreadUsage> used = new ArrayList<>();
    threads.forEach((tid, now) -> {
      ThreadUsage before = earlier.threads.get(tid);
      used.add(before == null ? now : now.minus(before));
    });
    long ended = earlier.threads.keySet().stream().filter(t -> !threads.containsKey(t)).count();
    return new IdleWindow(atNs - earlier.atNs, used, (int) ended);
  }
}
