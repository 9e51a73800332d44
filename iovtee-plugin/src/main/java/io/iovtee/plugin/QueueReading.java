// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.CopyReason;
import io.iovtee.api.Outcome;
import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.LoopStats;
import io.iovtee.verticles.iovtee.QueueId;
import java.util.Optional;

/**
 * The counters of one NIC queue and of the poll loop that polls it, at one time.
 *
 * @param timeNs {@link System#nanoTime()}
 * @param frames received by the queue
 * @param bytes of these frames
 * @param dropped of these frames
 * @param writtenThrough of these frames
 * @param transition copied because their buffer was posted before the way changed
 * @param workNs that the loop spent in duty cycles with work, the emulated NIC's part excluded
 * @param emulationNs that the loop spent in the emulated NIC
 * @param waitNs that the loop was ready to run but its core was taken; -1 if the system does not
 *     tell
 */
record QueueReading(
    long timeNs,
    long frames,
    long bytes,
    long dropped,
    long writtenThrough,
    long transition,
    long workNs,
    long emulationNs,
    long waitNs) {

  /**
   * What a reading of all counters says about a queue.
   *
   * @param loopName the loop that polls it
   * @return empty when queue or loop are gone
   */
  static Optional<QueueReading> of(SwitchStats stats, QueueId queue, String loopName) {
    InputStats input = null;
    for (InputStats one : stats.inputs()) {
      if (!one.guest() && one.queue() == queue.queue() && one.port().equals(queue.port())) {
        input = one;
      }
    }
    LoopStats loop = null;
    for (LoopStats one : stats.loops()) {
      if (one.name().equals(loopName)) {
        loop = one;
      }
    }
    if (input == null || loop == null) {
      return Optional.empty();
    }
    return Optional.of(
        new QueueReading(
            stats.timeNs(),
            input.frames(),
            input.bytes(),
            input.outcomes().getOrDefault(Outcome.DROPPED.label(), 0L),
            input.outcomes().getOrDefault(Outcome.WRITTEN_THROUGH.label(), 0L),
            input.copyReasons().getOrDefault(CopyReason.TRANSITION.label(), 0L),
            loop.busyNs(),
            loop.emulationNs(),
            loop.waitNs()));
  }
}
