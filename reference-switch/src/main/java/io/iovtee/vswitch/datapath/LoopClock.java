// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Where a loop's time goes: busy (duty cycles with work), hardware emulation, idle; and how long it
 * stood still. The clock is read after each cycle without work, where it delays nobody, and after
 * the first one with work; then after every few. So what a lone cycle with work took is known.
 */
public final class LoopClock {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  /**
   * Cycles with work between two readings. They take microseconds: few enough that a pause between
   * two readings is told from work, and enough that a reading (20 ns) costs a thousandth.
   */
  private static final int BUSY_CYCLES_PER_READING = 8;

  private static final int CYCLES = 0;
  private static final int BUSY_NS = 1;
  private static final int IDLE_NS = 2;
  private static final int EMULATION_NS = 3;

  private final long[] slots = new long[4];
  private final LoopPauses pauses = new LoopPauses();
  private long lastNs;
  private long emulationSinceNs;

  /**
   * Of busy cycles, and longer than they were: one timing may stand for several cycles, of which
   * the others come later.
   */
  private long emulationOwedNs;

  /** What the time until the next reading is. */
  private boolean wasBusy;

  private boolean rested;

  /** Cycles with work since the last reading. */
  private int busyCycles;

  private long startNs;
  private int nowS;

  void start() {
    lastNs = System.nanoTime();
    startNs = lastNs;
  }

  /** Ends a duty cycle. */
  void tick(boolean busy) {
    slots[CYCLES]++;
    if (busy) {
      busyCycles++;
      if (wasBusy && busyCycles < BUSY_CYCLES_PER_READING) {
        return;
      }
    }
    wasBusy = busyCycles > 0;
    read(System.nanoTime());
    wasBusy = busy;
    busyCycles = 0;
  }

  /** The loop has slept: that is no pause, and the clock is read at once. */
  void slept() {
    rested = true;
    read(System.nanoTime());
  }

  void read(long nowNs) {
    long passed = nowNs - lastNs;
    lastNs = nowNs;
    if (wasBusy) {
      emulationOwedNs += emulationSinceNs;
      long emulated = Math.min(emulationOwedNs, passed);
      emulationOwedNs -= emulated;
      slots[BUSY_NS] += passed - emulated;
      slots[EMULATION_NS] += emulated;
    } else {
      slots[IDLE_NS] += passed;
    }
    emulationSinceNs = 0;
    nowS = (int) ((nowNs - startNs) / 1_000_000_000L);
    if (!rested) {
      pauses.add(passed);
    }
    rested = false;
  }

  /** The loop gave up its core of its own will: the time until the next reading is no pause. */
  void rested() {
    rested = true;
  }

  /** Notes time that went into emulating hardware. */
  void emulation(long ns) {
    emulationSinceNs += ns;
  }

  /** Seconds since the start, as of the last reading. */
  int nowS() {
    return nowS;
  }

  /** {@link System#nanoTime} as of the last reading. */
  long nowNs() {
    return lastNs;
  }

  /** Times in which the loop stood still. */
  public LoopPauses pauses() {
    return pauses;
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
