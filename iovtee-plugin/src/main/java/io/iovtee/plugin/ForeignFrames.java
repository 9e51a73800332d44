// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.SwitchStats;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingRequest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Notices frames for somebody else in a guest's buffers: the end of a strict mapping, news about
 * any other. Mapping thread.
 */
final class ForeignFrames {
  private final SpillWatch spill = new SpillWatch();
  private long before;

  /** Lending is about to start. */
  void start(SwitchStats stats, MappingRequest request) {
    before = SpillWatch.misdirected(stats, request.queue());
    spill.start(before);
  }

  /**
   * Strict isolation only: the source stops by itself, the queue's outcomes tell what it missed.
   */
  Optional<String> seen(
      SwitchStats stats, MappingRequest request, @Nullable GuestBufferSource source) {
    if (request.isolation() != Isolation.STRICT) {
      return Optional.empty();
    }
    if (source != null && source.counters().halted()) {
      return Optional.of(
          "a frame for somebody else was written into a buffer of guest "
              + request.guest()
              + "; its bytes were cleared");
    }
    long misdirected = SpillWatch.misdirected(stats, request.queue()) - before;
    return misdirected <= 0
        ? Optional.empty()
        : Optional.of(
            misdirected + " frames in queue " + request.queue() + " were for somebody else");
  }

  /** Under strict isolation the first such frame has ended the mapping already. */
  SpillWatch.News look(SwitchStats stats, MappingRequest request) {
    return spill.look(SpillWatch.misdirected(stats, request.queue()));
  }

  /** What is said when such frames begin to come. */
  String text(SwitchStats stats, MappingRequest request) {
    return (SpillWatch.misdirected(stats, request.queue()) - before)
        + " frames for somebody else came in on queue "
        + request.queue()
        + " and were copied: take the queue out of RSS (ethtool -X), or map it with a"
        + " match that the NIC can steer by";
  }
}
