// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import java.util.List;
import java.util.Map;

/**
 * A mapping at one time.
 *
 * @param id {@link QueueId#id()} of its queue: a queue has one mapping at most
 * @param reason why it is in this state
 * @param detail the same for people, with values and what to do; may be empty
 * @param sinceMs when it came into this state, milliseconds since 1970
 * @param history past transitions, oldest first; bounded
 * @param counters what its buffer source did since the guest connected, by name
 */
public record MappingStatus(
    String id,
    MappingRequest request,
    MappingState state,
    MappingReason reason,
    String detail,
    long sinceMs,
    List<Transition> history,
    Map<String, Long> counters) {

  /**
   * One change of state.
   *
   * @param timeMs milliseconds since 1970
   */
  public record Transition(
      MappingState from, MappingState to, MappingReason reason, String detail, long timeMs) {}
}
