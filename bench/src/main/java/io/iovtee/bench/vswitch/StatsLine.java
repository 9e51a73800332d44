// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.api.SwitchStats;
import io.iovtee.bench.peer.CountersLine;

/**
 * The counters of our switch in one line of text, as the two processes exchange them: {@code stats
 * receivedFrames=5 busyNs=7 …}.
 *
 * @param receivedFrames frames of all inputs
 * @param nicFrames frames of NIC inputs
 * @param dutyCycles of all loops
 * @param busyNs of all loops, emulated NIC excluded
 * @param emulationNs of all loops
 * @param idleNs of all loops
 * @param allocatedBytes heap bytes of all loops' threads
 * @param copiedBytes copied for frames of NIC inputs
 */
public record StatsLine(
    long receivedFrames,
    long nicFrames,
    long dutyCycles,
    long busyNs,
    long emulationNs,
    long idleNs,
    long allocatedBytes,
    long copiedBytes) {
  /** The command, and the first word of its answer. */
  static final String WORD = "stats";

  /** Sums the counters. */
  public static StatsLine of(SwitchStats stats) {
    long received = 0;
    long fromNic = 0;
    long copied = 0;
    for (SwitchStats.InputStats input : stats.inputs()) {
      received += input.frames();
      if (!input.guest()) {
        fromNic += input.frames();
        copied += input.copiedBytes();
      }
    }
    long dutyCycles = 0;
    long busyNs = 0;
    long emulationNs = 0;
    long idleNs = 0;
    long allocated = 0;
    for (SwitchStats.LoopStats loop : stats.loops()) {
      dutyCycles += loop.dutyCycles();
      busyNs += loop.busyNs();
      emulationNs += loop.emulationNs();
      idleNs += loop.idleNs();
      allocated += loop.allocatedBytes();
    }
    return new StatsLine(
        received, fromNic, dutyCycles, busyNs, emulationNs, idleNs, allocated, copied);
  }

  /** The line, without its end. */
  public String format() {
    return CountersLine.format(WORD, this);
  }

  /** Reads {@link #format}. */
  public static StatsLine parse(String line) {
    return CountersLine.parse(StatsLine.class, line);
  }
}
