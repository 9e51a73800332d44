// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.Optional;

/**
 * Whether a mapping that writes through finds enough buffers that it may lend; one that finds
 * nearly none only adds work. Mapping thread.
 */
final class EligibleShare {
  /**
   * Heads looked at before a verdict: a few rings' worth, so that a start-up mix does not count.
   */
  static final long HEADS_MIN = 1024;

  /** Below this share of usable heads a mapping only adds work. */
  static final int ELIGIBLE_PERCENT_MIN = 10;

  private long lentBefore;
  private long ineligibleBefore;

  /** The mapping became active. */
  void start(SourceCounters counters) {
    lentBefore = counters.lent() - counters.relent();
    ineligibleBefore = counters.ineligible();
  }

  /** Why an automatic mapping should stop; empty when it should go on. */
  Optional<String> stopReason(SourceCounters counters) {
    long lent = counters.lent() - counters.relent() - lentBefore;
    return stopReason(lent, counters.ineligible() - ineligibleBefore);
  }

  /**
   * The same for counts.
   *
   * @param lent buffers lent since it became active, those lent again excluded
   * @param ineligible buffers refused since then
   */
  static Optional<String> stopReason(long lent, long ineligible) {
    long looked = lent + ineligible;
    if (looked < HEADS_MIN || lent * 100 >= looked * ELIGIBLE_PERCENT_MIN) {
      return Optional.empty();
    }
    return Optional.of(
        "only "
            + lent
            + " of "
            + looked
            + " posted buffers could be lent (below "
            + ELIGIBLE_PERCENT_MIN
            + " %)");
  }
}
