// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

import io.iovtee.flow.FlowRule;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The switch's rule table. A change is compiled off the poll threads, swapped in by each loop, and
 * acknowledged; the stage completes when every loop works by it.
 */
public interface FlowTable {
  /** Grows by one with each change. */
  long version();

  /** All rules in table order, with their counters. */
  List<FlowEntry> entries();

  /** All rules in table order: what the switch works by, or is about to. Any thread. */
  default List<FlowRule> rules() {
    return entries().stream().map(FlowEntry::rule).toList();
  }

  /**
   * Replaces all rules at once.
   *
   * @param expectedVersion the version the caller worked from, or -1 for any
   * @return the new version; fails with {@link IllegalStateException} when the version moved on,
   *     {@link IllegalArgumentException} when a rule names what can not be
   */
  CompletionStage<Long> replace(List<FlowRule> rules, long expectedVersion);

  /**
   * What the switch would do with a frame now; nothing is sent, counted or learned.
   *
   * @return fails with {@link IllegalArgumentException} when there is no such port or the frame is
   *     too long
   */
  CompletionStage<FrameVerdict> trace(String inPort, byte[] frame);

  /**
   * A rule and what it did.
   *
   * @param id stable while the rule (match and priority) stays
   * @param packets frames that it decided
   * @param bytes their bytes
   * @param ageMs milliseconds since it was added
   */
  record FlowEntry(long id, FlowRule rule, long packets, long bytes, long ageMs) {}
}
