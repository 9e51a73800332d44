// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.verticles.iovtee.MappingMode;
import java.util.Optional;

/**
 * Decides whether a mapping in mode {@code auto} writes through.
 *
 * <p>The rule is plain: write through when it is possible, and stop when nearly none of the buffers
 * that the guest posts can be lent. It does not measure yet: whether write-through beats copying
 * for this queue's frame sizes is not known to it, so {@code auto} can be slower than {@code off}
 * where copying is cheap (small frames on an emulated NIC). {@code bench} shows both; {@code pin}
 * decides.
 */
final class ModeAdvisor {
  /**
   * Heads looked at before a verdict: a few rings' worth, so that a start-up mix does not count.
   */
  static final long HEADS_MIN = 1024;

  /** Below this share of usable heads a mapping only adds work. */
  static final int ELIGIBLE_PERCENT_MIN = 10;

  private ModeAdvisor() {}

  /**
   * Whether an active mapping should stop.
   *
   * @param lent buffers lent since it became active, those lent again excluded
   * @param ineligible buffers refused since then
   * @return why it should stop; empty when it should go on
   */
  static Optional<String> stopReason(MappingMode mode, long lent, long ineligible) {
    long looked = lent + ineligible;
    if (mode != MappingMode.AUTO
        || looked < HEADS_MIN
        || lent * 100 >= looked * ELIGIBLE_PERCENT_MIN) {
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
