// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import java.util.Locale;

/**
 * A trial, and for how long others had the cores during it.
 *
 * @param switchLossNs how long others kept the switch's poll thread from its core
 * @param roundTripNs of a cache line between the cores, the longer of before and after
 * @param queueSize entries of each virtqueue
 */
record Attempt(
    TrialSpec spec, TrialResult result, long switchLossNs, double roundTripNs, int queueSize) {
  /** A generator that offers less than this part of what it was asked for is at its limit. */
  private static final double OFFERED_MIN = 0.99;

  /** How long the generator or the switch was kept from its core, the longer of the two. */
  long disturbedNs() {
    return Math.max(switchLossNs, result.gapMaxNs());
  }

  /** Share of the trial in which both had their cores, by what the kernel and the clock say. */
  double share() {
    double lostNs = Math.max(switchLossNs, skippedNs());
    return 1 - lostNs / result.sendNs();
  }

  /** Time in which the generator stood still, as far as it skipped frames for it. */
  private double skippedNs() {
    return spec.framesPerSecond() == 0 ? 0 : result.skipped() / spec.framesPerSecond() * 1e9;
  }

  /**
   * Whether a loss in this trial may be the machine's: someone was kept from its core for longer
   * than half a ring lasts at this rate.
   */
  boolean disturbed() {
    return spec.framesPerSecond() > 0
        && disturbedNs() * spec.framesPerSecond() / 1e9 > queueSize / 2.0;
  }

  /** What others took from the switch and the generator. */
  String disturbance() {
    return String.format(
        Locale.ROOT,
        "switch without core for %.1f ms, generator for %.1f ms at a time",
        switchLossNs / 1e6,
        result.gapMaxNs() / 1e6);
  }

  /** Whether it lost no more than is allowed, of as many frames as were asked for. */
  boolean passes(double lossRatioMax) {
    double wanted = spec.framesPerSecond() * result.sendNs() / 1e9;
    return result.lossRatio() <= lossRatioMax
        && result.offered() + result.skipped() >= OFFERED_MIN * wanted;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s B, offered %.3f Mpps, lost %d of %d, p50 %.1f us, p99.9 %.1f us",
        spec.mix(),
        result.offeredPerSecond() / 1e6,
        result.lost(),
        result.offered(),
        result.p50Ns() / 1e3,
        result.p999Ns() / 1e3);
  }
}
