// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import java.util.Collections;
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
   * @param cacheHits frames whose flow the exact-match cache knew
   * @param cacheMisses frames that the classifier was asked for
   * @param unparsedFrames frames that nobody looked at, since one rule decides all of their port
   * @param waitNs time for which the loop's thread was ready to run while its core ran something
   *     else; -1 where the system does not tell
   * @param pauses times in which the loop, awake, looked at no queue
   * @param lostBuffers buffers that a plugin's source failed at when it was given them back
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
      long unparsedFrames,
      long waitNs,
      PauseStats pauses,
      long lostBuffers) {}

  /**
   * Times in which a loop that had not gone to sleep looked at no queue for {@link #MIN_NS} or
   * more, by the clock that it reads every few cycles: its core was taken, the JVM stopped it, or a
   * duty cycle was that long. What comes meanwhile has to fit in the rings.
   *
   * @param counts pauses by length: {@code i} counts those of {@link #boundNs(int) boundNs(i)} or
   *     more that are shorter than {@code boundNs(i + 1)}; the last one has no upper bound
   * @param totalNs all of them together
   * @param longestNs the longest since the start; 0 if there was none
   * @param longestAtMs when it ended, milliseconds since the epoch; 0 if there was none
   */
  public record PauseStats(List<Long> counts, long totalNs, long longestNs, long longestAtMs) {
    /** Shortest pause that counts: more than cycles with full batches take between two readings. */
    public static final long MIN_NS = 125_000;

    /** Lengths that are told apart: up to 32 ms and more. */
    public static final int CLASSES = 9;

    /** No pause yet. */
    public static final PauseStats NONE = new PauseStats(Collections.nCopies(CLASSES, 0L), 0, 0, 0);

    /** Copies the counts. */
    public PauseStats {
      counts = List.copyOf(counts);
    }

    /** Shortest pause of a class, 0 to {@link #CLASSES} - 1: each twice that of the one before. */
    public static long boundNs(int pauseClass) {
      return MIN_NS << pauseClass;
    }

    /** The class of a pause of {@link #MIN_NS} or more. */
    public static int classOf(long ns) {
      int log = Long.SIZE - 1 - Long.numberOfLeadingZeros(ns / MIN_NS);
      return Math.min(log, CLASSES - 1);
    }

    /** How many there were. */
    public long count() {
      return counts.stream().mapToLong(Long::longValue).sum();
    }
  }
}
