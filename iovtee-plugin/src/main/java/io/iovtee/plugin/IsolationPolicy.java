// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.RxQueueControl;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingRequest;
import org.jspecify.annotations.Nullable;

/**
 * What must be proved before a guest's buffers may be lent. Strict isolation wants something
 * between the wire and the guest's memory that checks each frame: a filter that the queue itself
 * declares or takes on when asked, or a steering entry that the NIC took and that was read back.
 * The other two want nothing, and deal with a foreign frame when it is there.
 */
final class IsolationPolicy {
  private IsolationPolicy() {}

  /** What a mapping can offer as a proof. */
  enum Proof {
    /** The queue filters by itself. */
    QUEUE_FILTERS,
    /** The NIC can be asked to steer. */
    STEERING_POSSIBLE,
    /** There is nothing, and nothing is needed. */
    NOT_NEEDED,
    /** There is nothing, and strict isolation needs it. */
    MISSING
  }

  static Proof proofFor(MappingRequest request, RxQueueControl queue) {
    if (queue.filtering().isPresent()) {
      return Proof.QUEUE_FILTERS;
    }
    if (request.match().isPresent()) {
      return Proof.STEERING_POSSIBLE;
    }
    return request.isolation() == Isolation.STRICT ? Proof.MISSING : Proof.NOT_NEEDED;
  }

  /** Whether the mapping may go on after the NIC was asked to steer. */
  static boolean allows(MappingRequest request, boolean steered) {
    return steered || request.isolation() != Isolation.STRICT;
  }

  /** Names the proof that is missing. */
  static String missing(MappingRequest request, @Nullable String refusedMatch) {
    if (refusedMatch == null) {
      return "strict isolation needs a filter in front of guest memory: queue "
          + request.queue()
          + " declares none, and the mapping has no match to steer by";
    }
    return "strict isolation needs a filter in front of guest memory: the NIC did not take and"
        + " confirm a steering entry or a filter for "
        + refusedMatch
        + " into queue "
        + request.queue();
  }

  static String remedy() {
    return "give the mapping a match that the NIC can steer by (dl_dst=…), use a port whose queues"
        + " filter, or accept another isolation: scrub or trusted";
  }
}
