// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.peer.SchedStat;
import java.util.Map;

/**
 * For how long other processes kept a polling process's busiest thread from its core. What the
 * process's own other threads take (compilers, a collector) is its own affair and no loss.
 */
final class CoreLoss {
  private final long pid;
  private final Map<Integer, SchedStat> begin;

  private CoreLoss(long pid, Map<Integer, SchedStat> begin) {
    this.pid = pid;
    this.begin = begin;
  }

  /** Begins to look at a process whose threads all run on one core. */
  static CoreLoss of(long pid) {
    return new CoreLoss(pid, SchedStat.threads(pid));
  }

  /** Since {@link #of}. */
  long lostNs() {
    return between(begin, SchedStat.threads(pid));
  }

  static long between(Map<Integer, SchedStat> begin, Map<Integer, SchedStat> end) {
    SchedStat none = new SchedStat(0, 0);
    long ranNs = 0;
    long busiestRanNs = -1;
    long busiestWaitedNs = 0;
    for (Map.Entry<Integer, SchedStat> thread : end.entrySet()) {
      SchedStat before = begin.getOrDefault(thread.getKey(), none);
      long threadRanNs = thread.getValue().onCpuNs() - before.onCpuNs();
      ranNs += threadRanNs;
      if (threadRanNs > busiestRanNs) {
        busiestRanNs = threadRanNs;
        busiestWaitedNs = thread.getValue().waitNs() - before.waitNs();
      }
    }
    return Math.max(0, busiestWaitedNs - (ranNs - busiestRanNs));
  }
}
