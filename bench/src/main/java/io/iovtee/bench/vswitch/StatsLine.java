// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.api.SwitchStats;
import java.util.HashMap;
import java.util.Map;

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
    return "stats receivedFrames="
        + receivedFrames
        + " nicFrames="
        + nicFrames
        + " dutyCycles="
        + dutyCycles
        + " busyNs="
        + busyNs
        + " emulationNs="
        + emulationNs
        + " idleNs="
        + idleNs
        + " allocatedBytes="
        + allocatedBytes
        + " copiedBytes="
        + copiedBytes;
  }

  /** Reads {@link #format}. */
  public static StatsLine parse(String line) {
    Map<String, Long> values = new HashMap<>();
    for (String word : line.strip().split(" ")) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), Long.valueOf(word.substring(equals + 1)));
      }
    }
    return new StatsLine(
        value(values, "receivedFrames"),
        value(values, "nicFrames"),
        value(values, "dutyCycles"),
        value(values, "busyNs"),
        value(values, "emulationNs"),
        value(values, "idleNs"),
        value(values, "allocatedBytes"),
        value(values, "copiedBytes"));
  }

  private static long value(Map<String, Long> values, String key) {
    Long value = values.get(key);
    if (value == null) {
      throw new IllegalArgumentException("no " + key + " in the switch's statistics: " + values);
    }
    return value;
  }
}
