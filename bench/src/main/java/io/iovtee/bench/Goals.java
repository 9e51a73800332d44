// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import java.util.OptionalDouble;

/**
 * What we want at least. Write-through: the gain over plain vhost-user that the IOVTee paper
 * (Kawashima, IEEE TNSM 18(1), 2021) reports for PVP, +45 % at 64 B and +98 % at 1514 B, over our
 * own copy path and over DPDK's. Copy: not slower than DPDK, so that the baseline is an honest one.
 */
final class Goals {
  private static final int SHORT_FRAME_BYTES = 64;
  private static final int LONG_FRAME_BYTES = 1514;
  private static final double WRITE_THROUGH_SHORT = 1.45;
  private static final double WRITE_THROUGH_LONG = 1.98;
  private static final double COPY = 1.0;

  private Goals() {}

  /** The goal for one ratio; empty for frame sizes that the paper does not name. */
  static OptionalDouble of(Scenario scenario, int frameBytes, Subject above, Subject below) {
    if (above == Subject.COPY && below == Subject.TESTPMD) {
      return OptionalDouble.of(COPY);
    }
    if (above != Subject.WRITE_THROUGH) {
      return OptionalDouble.empty();
    }
    return switch (frameBytes) {
      case SHORT_FRAME_BYTES -> OptionalDouble.of(WRITE_THROUGH_SHORT);
      case LONG_FRAME_BYTES -> OptionalDouble.of(WRITE_THROUGH_LONG);
      default -> OptionalDouble.empty();
    };
  }
}
