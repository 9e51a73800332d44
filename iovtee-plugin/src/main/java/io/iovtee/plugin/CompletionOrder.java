// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.RxQueueControl;
import io.iovtee.flow.Match;
import io.iovtee.verticles.iovtee.Isolation;
import io.iovtee.verticles.iovtee.MappingRequest;
import java.util.List;
import java.util.Optional;

/**
 * What must be proved before buffers of a guest are lent that negotiated VIRTIO_F_IN_ORDER. The NIC
 * fills them in the order in which they were posted, and so they are completed; but a buffer that
 * holds a frame for somebody else can only go back empty. So the rules must send all that gets in
 * to this guest, whatever the isolation.
 */
final class CompletionOrder {
  /** What always helps: without the feature nothing need be proved. */
  static final String WITHOUT =
      "take 'in-order: true' out of the port, or start the network function with in_order=0";

  private CompletionOrder() {}

  /**
   * Which frames get in. Only strict isolation refuses to go on without steering, so under any
   * other the mapping's match says nothing about what comes.
   */
  static List<Match> lets(MappingRequest request, RxQueueControl queue) {
    return request.isolation() == Isolation.STRICT || queue.filtering().isPresent()
        ? IsolationPolicy.lets(request, queue)
        : List.of(Match.ANY);
  }

  /** What the rules lack; empty if they prove it. */
  static Optional<String> missing(
      MappingRequest request, RxQueueControl queue, RuleProof.Rules rules) {
    return RuleProof.prove(rules, request.queue().port(), lets(request, queue), request.guest())
        .missing()
        .map(why ->
            "guest "
                + request.guest()
                + " negotiated VIRTIO_F_IN_ORDER, and not all that gets in is for it: "
                + why);
  }

  static String remedy() {
    return "change the rule, use strict isolation with a match that only the guest's own rules"
        + " cover, "
        + WITHOUT;
  }
}
