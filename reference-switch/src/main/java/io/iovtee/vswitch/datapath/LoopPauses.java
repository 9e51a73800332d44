// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.SwitchStats.PauseStats;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * Times in which a loop that had not gone to sleep looked at no queue: its core was taken, the JVM
 * had stopped it, or one duty cycle was long. What comes meanwhile lies in the rings, and what does
 * not fit in them is lost. Written by the loop's thread, read by anyone.
 */
public final class LoopPauses {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  private static final int COUNTS = PauseStats.CLASSES;
  private static final int TOTAL_NS = COUNTS;
  private static final int LONGEST_NS = COUNTS + 1;
  private static final int LONGEST_AT_MS = COUNTS + 2;

  private final long[] slots = new long[COUNTS + 3];

  /** Notes that so much time passed between two readings of the loop's clock. */
  void add(long ns) {
    if (ns >= PauseStats.MIN_NS) {
      note(ns, System.currentTimeMillis());
    }
  }

  void note(long ns, long endMs) {
    add(PauseStats.classOf(ns), 1);
    add(TOTAL_NS, ns);
    if (ns > slots[LONGEST_NS]) {
      SLOT.setOpaque(slots, LONGEST_NS, ns);
      SLOT.setOpaque(slots, LONGEST_AT_MS, endMs);
    }
  }

  private void add(int slot, long value) {
    SLOT.setOpaque(slots, slot, slots[slot] + value);
  }

  /** All of it; a pause that is being noted may be in some of the numbers only. */
  public PauseStats stats() {
    List<Long> counts = new ArrayList<>();
    for (int i = 0; i < COUNTS; i++) {
      counts.add(read(i));
    }
    return new PauseStats(counts, read(TOTAL_NS), read(LONGEST_NS), read(LONGEST_AT_MS));
  }

  private long read(int slot) {
    return (long) SLOT.getOpaque(slots, slot);
  }
}
