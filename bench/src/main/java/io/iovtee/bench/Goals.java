// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import java.util.OptionalDouble;

/**
 * What we want at least. Write-through over our own copy path in pvp: the gain that the IOVTee
 * paper (Kawashima, IEEE TNSM 18(1), 2021) reports at long frames, +98 %; at 64 B the network
 * function itself is the limit. Over DPDK's vhost: what makes it worth taking. Copy: near enough to
 * DPDK that the baseline is an honest one.
 */
final class Goals {
  private static final int SHORT_FRAME_BYTES = 64;
  private static final int LONG_FRAME_BYTES = 1514;

  private Goals() {}

  /** The goal for one ratio; empty where there is none. */
  static OptionalDouble of(Scenario scenario, int frameBytes, Subject above, Subject below) {
    if (frameBytes != SHORT_FRAME_BYTES && frameBytes != LONG_FRAME_BYTES) {
      return OptionalDouble.empty();
    }
    boolean shortFrame = frameBytes == SHORT_FRAME_BYTES;
    boolean pvp = scenario == Scenario.PVP;
    if (above == Subject.COPY && below == Subject.TESTPMD) {
      return OptionalDouble.of(shortFrame ? 1.0 : 0.8);
    }
    if (above == Subject.WRITE_THROUGH && below == Subject.TESTPMD) {
      return OptionalDouble.of(pvp ? (shortFrame ? 1.1 : 1.5) : (shortFrame ? 1.3 : 3.0));
    }
    if (above == Subject.WRITE_THROUGH && below == Subject.COPY && pvp) {
      return OptionalDouble.of(shortFrame ? 1.1 : 1.98);
    }
    return OptionalDouble.empty();
  }
}
