// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Counters of one output of one loop; written by the loop, read opaquely by any thread. */
public final class OutputCounters {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int FRAMES = 0;
  private static final int BYTES = 1;
  private static final int DROPPED = 2;

  private final long[] slots = new long[3];

  public void add(long frames, long bytes, long dropped) {
    slots[FRAMES] += frames;
    slots[BYTES] += bytes;
    slots[DROPPED] += dropped;
  }

  public long frames() {
    return (long) SLOT.getOpaque(slots, FRAMES);
  }

  public long bytes() {
    return (long) SLOT.getOpaque(slots, BYTES);
  }

  public long dropped() {
    return (long) SLOT.getOpaque(slots, DROPPED);
  }
}
