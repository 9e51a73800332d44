// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.SwitchStats;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingRequest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Notices frames for somebody else in a guest's buffers: the end of a mapping that is strict or
 * whose guest wants completion in order, news about any other. Mapping thread.
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
   * Where the first one ends the mapping, that is under strict isolation and with completion in
   * order: the source stops by itself, the queue's outcomes tell what it missed.
   */
  Optional<String> seen(
      SwitchStats stats, MappingRequest request, @Nullable GuestBufferSource source) {
    boolean inOrder = source != null && source.isInOrder();
    if (request.isolation() != Isolation.STRICT && !inOrder) {
      return Optional.empty();
    }
    if (source != null && source.counters().halted()) {
      return Optional.of(
          "a frame for somebody else was written into a buffer of guest "
              + request.guest()
              + (request.isolation() == Isolation.TRUSTED ? "" : "; its bytes were cleared")
              + (inOrder ? "; the guest uses its buffers in order and got this one empty" : ""));
    }
    long misdirected = SpillWatch.misdirected(stats, request.queue()) - before;
    return misdirected <= 0
        ? Optional.empty()
        : Optional.of(
            misdirected + " frames in queue " + request.queue() + " were for somebody else");
  }

  /** Where the first such frame ends the mapping there is no news. */
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
