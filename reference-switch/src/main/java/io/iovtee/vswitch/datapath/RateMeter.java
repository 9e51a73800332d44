// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.FlowMeter;
import io.iovtee.flow.FlowMeter.Band;

/**
 * A meter that all loops share. Each of its bands sees all frames, as in Open vSwitch; of those
 * that a frame exceeds the one with the highest rate applies, of equal ones the first.
 */
final class RateMeter {
  /** In place of a band: the frame exceeds none. */
  static final int WITHIN = -1;

  final FlowMeter meter;

  /** Number of its counters: see {@link GroupRows}. */
  final int slot;

  private final RateBand[] bands;

  /**
   * @param nowNs of the clock by which loops ask; all bands start with a full bucket
   */
  RateMeter(FlowMeter meter, int slot, long nowNs) {
    this.meter = meter;
    this.slot = slot;
    bands = new RateBand[meter.bands().size()];
    for (int b = 0; b < bands.length; b++) {
      bands[b] = new RateBand(meter.bands().get(b), meter.unit(), nowNs);
    }
  }

  /**
   * The band that applies to a frame, or {@link #WITHIN}. Poll threads.
   *
   * @param length in bytes, without FCS
   */
  int measure(int length, long nowNs) {
    int highest = WITHIN;
    for (int b = 0; b < bands.length; b++) {
      if (bands[b].isExceeded(length, nowNs)
          && (highest == WITHIN || bands[b].band.rate() > bands[highest].band.rate())) {
        highest = b;
      }
    }
    return highest;
  }

  /** What a band does. */
  Band band(int number) {
    return bands[number].band;
  }

  /** {@link RateBand#refresh}. */
  void refresh(long nowNs) {
    for (RateBand band : bands) {
      band.refresh(nowNs);
    }
  }
}
