// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Where a loop's time goes: busy (duty cycles with work), hardware emulation, idle. The clock is
 * read when a loop turns from busy to idle or back, and every so many cycles, not in each cycle.
 */
public final class LoopClock {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  /** Cycles between two readings while nothing changes. */
  private static final int CYCLES_PER_READING = 256;

  private static final int CYCLES = 0;
  private static final int BUSY_NS = 1;
  private static final int IDLE_NS = 2;
  private static final int EMULATION_NS = 3;

  private final long[] slots = new long[4];
  private long lastNs;
  private long emulationSinceNs;
  private boolean wasBusy;
  private int cyclesSince;
  private long startNs;
  private int nowS;

  void start() {
    lastNs = System.nanoTime();
    startNs = lastNs;
  }

  /** Ends a duty cycle. */
  void tick(boolean busy) {
    slots[CYCLES]++;
    if (busy != wasBusy || ++cyclesSince == CYCLES_PER_READING) {
      read();
      wasBusy = busy;
      cyclesSince = 0;
    }
  }

  private void read() {
    long now = System.nanoTime();
    long passed = now - lastNs;
    lastNs = now;
    if (wasBusy) {
      slots[BUSY_NS] += passed - emulationSinceNs;
      slots[EMULATION_NS] += emulationSinceNs;
    } else {
      slots[IDLE_NS] += passed;
    }
    emulationSinceNs = 0;
    nowS = (int) ((now - startNs) / 1_000_000_000L);
  }

  /** Notes time that went into emulating hardware. */
  void emulation(long ns) {
    emulationSinceNs += ns;
  }

  /** Seconds since the start, as of the last reading. */
  int nowS() {
    return nowS;
  }

  public long dutyCycles() {
    return (long) SLOT.getOpaque(slots, CYCLES);
  }

  public long busyNs() {
    return (long) SLOT.getOpaque(slots, BUSY_NS);
  }

  public long idleNs() {
    return (long) SLOT.getOpaque(slots, IDLE_NS);
  }

  public long emulationNs() {
    return (long) SLOT.getOpaque(slots, EMULATION_NS);
  }
}
