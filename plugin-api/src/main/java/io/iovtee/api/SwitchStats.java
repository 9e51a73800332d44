// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import java.util.List;
import java.util.Map;

/**
 * All counters at one time.
 *
 * @param timeNs {@link System#nanoTime()} of the reading
 * @param inputs one per receive queue: NIC queues and guests' transmit queues
 * @param outputs one per port
 * @param loops one per poll loop
 */
public record SwitchStats(
    long timeNs, List<InputStats> inputs, List<OutputStats> outputs, List<LoopStats> loops) {

  /**
   * One receive queue. The outcomes sum to {@code frames} (up to the batch being handled).
   *
   * @param guest true for a guest's transmit queue, false for a NIC queue
   * @param outcomes by {@link Outcome#label()}, all of them
   * @param copyReasons by {@link CopyReason#label()}, those above 0
   * @param dropReasons by {@link DropReason#label()}, those above 0
   * @param copiedBytes bytes that the switch's cores copied for frames of this queue
   * @param matchedTo frames by the guest port that their rule decided for: what a mapping could use
   * @param nic the NIC's own counters, by the NIC's names
   */
  public record InputStats(
      String port,
      int queue,
      boolean guest,
      long frames,
      long bytes,
      Map<String, Long> outcomes,
      Map<String, Long> copyReasons,
      Map<String, Long> dropReasons,
      long copiedBytes,
      Map<String, Long> matchedTo,
      Map<String, Long> nic) {}

  /** What left through a port. */
  public record OutputStats(String port, long frames, long bytes, long dropped) {}

  /**
   * One poll loop.
   *
   * @param busyNs time spent in duty cycles that found work, the emulated NIC's part excluded
   * @param emulationNs time spent in the emulated NIC's inline DMA
   * @param idleNs time spent in duty cycles without work
   * @param allocatedBytes heap bytes that the loop's thread allocated since it started
   * @param waitNs time for which the loop's thread was ready to run while its core ran something
   *     else; -1 where the system does not tell
   */
  public record LoopStats(
      String name,
      int cpu,
      long dutyCycles,
      long busyNs,
      long emulationNs,
      long idleNs,
      long allocatedBytes,
      long cacheHits,
      long cacheMisses,
      long waitNs) {}
}
