// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.util.Map;

/**
 * Which share of a core a process's busiest thread got: for a polling process that is the polling
 * thread, and a share below 1 means that somebody took its core away.
 */
public final class BusiestThread {
  private final long pid;
  private final Map<Integer, SchedStat> begin;
  private final long beginNs;

  private BusiestThread(long pid) {
    this.pid = pid;
    this.begin = SchedStat.threads(pid);
    this.beginNs = System.nanoTime();
  }

  /** Begins to look at a process. */
  public static BusiestThread of(long pid) {
    return new BusiestThread(pid);
  }

  /** On-CPU time of the busiest thread since {@link #of}, per elapsed time: 0 to about 1. */
  public double share() {
    long elapsedNs = Math.max(1, System.nanoTime() - beginNs);
    long most = 0;
    for (Map.Entry<Integer, SchedStat> thread : SchedStat.threads(pid).entrySet()) {
      SchedStat before = begin.get(thread.getKey());
      long since = before == null ? 0 : before.onCpuNs();
      most = Math.max(most, thread.getValue().onCpuNs() - since);
    }
    return (double) most / elapsedNs;
  }
}
