// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one way cost and delivered between two readings.
 *
 * @param frames received
 * @param framesPerSecond received, in wall-clock time
 * @param meanLength bytes per frame
 * @param deliveredPps frames that were not dropped, per second in which the loop had its core
 * @param workNsPerFrame the loop's busy time per frame that was not dropped
 * @param busyShare of the time in which the loop had its core: with work, the emulated NIC's
 *     included
 * @param takenShare of the time: the loop was ready, its core ran something else; NaN if unknown
 * @param writtenShare of the frames: written through
 * @param transitionShare of the frames: in buffers of the way before
 */
record WayWindow(
    long frames,
    double framesPerSecond,
    double meanLength,
    double deliveredPps,
    double workNsPerFrame,
    double busyShare,
    double takenShare,
    double writtenShare,
    double transitionShare) {

  /** From here on a loop has no time left: what it delivers is what the way can deliver. */
  static final double SATURATED_SHARE_MIN = 0.9;

  /** More frames than this in buffers of the other way make a mixture, not a measurement. */
  static final double MIXED_SHARE_MAX = 0.02;

  static WayWindow between(QueueReading before, QueueReading after) {
    long wallNs = Math.max(1, after.timeNs() - before.timeNs());
    long frames = after.frames() - before.frames();
    double perFrame = 1.0 / Math.max(1, frames);
    long delivered = frames - (after.dropped() - before.dropped());
    boolean known = before.waitNs() >= 0 && after.waitNs() >= 0;
    double taken = known ? (double) (after.waitNs() - before.waitNs()) / wallNs : Double.NaN;
    double ownNs = wallNs * (1 - (known ? Math.clamp(taken, 0, 0.99) : 0));
    long workNs = after.workNs() - before.workNs();
    return new WayWindow(
        frames,
        frames * 1e9 / wallNs,
        (after.bytes() - before.bytes()) * perFrame,
        delivered * 1e9 / ownNs,
        (double) workNs / Math.max(1, delivered),
        (workNs + after.emulationNs() - before.emulationNs()) / ownNs,
        taken,
        (after.writtenThrough() - before.writtenThrough()) * perFrame,
        (after.transition() - before.transition()) * perFrame);
  }

  /** Whether it can be told from this window what a loop under load does; else why not. */
  @Nullable String unloaded(AutoLimits limits) {
    if (Double.isNaN(takenShare)) {
      return "the system does not tell how long the loop waited for its core";
    }
    if (takenShare > limits.takenShareMax()) {
      return text("the loop's core ran something else for %.1f %% of the time", takenShare * 100);
    }
    if (framesPerSecond < limits.framesPerSecondMin()) {
      return text("too few frames: %.0f a second", framesPerSecond);
    }
    if (busyShare < limits.busyShareMin()) {
      return text("the loop has time to spare: busy for %.0f %%", busyShare * 100);
    }
    return null;
  }

  /** Why this is no measurement of the way for frames of these sizes; null when it is. */
  @Nullable String flaw(Way way, FrameSizeClass sizes, AutoLimits limits) {
    String unloaded = unloaded(limits);
    if (unloaded != null) {
      return unloaded;
    }
    double mixed = way == Way.COPY ? writtenShare : transitionShare;
    if (mixed > MIXED_SHARE_MAX) {
      return text("%.1f %% of the frames were in buffers of the other way", mixed * 100);
    }
    return sizes == FrameSizeClass.of(meanLength)
        ? null
        : text("frames of another size came: %.0f B on average", meanLength);
  }

  /** Whether the loop had no time left. */
  boolean saturated() {
    return busyShare >= SATURATED_SHARE_MIN;
  }

  private static String text(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
