// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.light;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;

/** Runs all ports of the light network function in turns on one thread, until {@link #end}. */
final class LightEngine implements Runnable {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  private final LightPort[] ports;

  /** Frames of each port, then the busy time; written by the running thread alone. */
  private final long[] slots;

  /** Frames of each port at the last reading. Used by {@link #counts}' caller alone. */
  private final long[] seen;

  private volatile boolean ended;

  LightEngine(List<LightPort> ports) {
    this.ports = ports.toArray(LightPort[]::new);
    slots = new long[ports.size() + 1];
    seen = new long[ports.size()];
  }

  @Override
  public void run() {
    long nowNs = System.nanoTime();
    while (!ended) {
      int frames = 0;
      for (int i = 0; i < ports.length; i++) {
        int count = ports[i].turn();
        frames += count;
        add(i, count);
      }
      long beforeNs = nowNs;
      nowNs = System.nanoTime();
      if (frames > 0) {
        add(ports.length, nowNs - beforeNs);
      }
    }
    for (LightPort port : ports) {
      port.close();
    }
  }

  private void add(int slot, long value) {
    SLOT.setOpaque(slots, slot, slots[slot] + value);
  }

  private long get(int slot) {
    return (long) SLOT.getOpaque(slots, slot);
  }

  /** Asks {@link #run} to return. Any thread. */
  void end() {
    ended = true;
  }

  /** Counts of this moment. One thread. */
  LightCounts counts() {
    long returned = 0;
    long silent = 0;
    for (int i = 0; i < ports.length; i++) {
      long frames = get(i);
      silent += frames == seen[i] ? 1 : 0;
      seen[i] = frames;
      returned += frames;
    }
    return new LightCounts(returned, silent, get(ports.length), System.nanoTime());
  }
}
