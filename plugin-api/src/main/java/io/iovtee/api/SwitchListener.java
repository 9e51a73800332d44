// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import io.iovtee.flow.store.RuleDelta;
import java.util.List;

/**
 * Changes a plugin may care for. Called on the switch's control thread, one at a time, in order; a
 * listener must not block for long (the limit for all work in one call is a second).
 */
public interface SwitchListener {
  /** A guest's receive ring runs and its memory is mapped; buffers may be lent from now on. */
  default void guestUp(GuestPort port) {}

  /**
   * A guest's ring is about to stop or its memory to go. Before this call the switch has already
   * ended every lending from that guest and taken all its buffers out of all queues.
   *
   * @param reason for people
   */
  default void guestDown(String port, String reason) {}

  /**
   * The rule table is about to change: no loop works by the new rules before every listener has
   * returned. {@link RxQueueControl#detach} called from here is carried out before it returns, so a
   * listener can take a guest's memory away from frames that the new rules send elsewhere.
   *
   * @param changes the rules that change, and those whose place among rules of their priority does
   *     (the same before and after); {@link FlowTable#rules} has all as they will be
   */
  default void flowsChanging(List<RuleDelta> changes) {}

  /** Rules went by themselves; {@link #flowsChanging} and {@link #flowsChanged} were told, too. */
  default void flowsExpired(List<FlowTable.Expired> expired) {}

  /** Rules handed frames over; comes a hundred times a second at most. */
  default void framesPunted(List<PuntedFrame> frames) {}

  /** The rule table changed. */
  default void flowsChanged(long version) {}

  /** A port appeared, went away or changed its link state. */
  default void portsChanged() {}

  /** The switch ended a queue's lending on its own, with the reason. */
  default void lendingRevoked(RxQueueControl queue, String reason) {}
}
