// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import org.jspecify.annotations.Nullable;

/**
 * Non-drop rates of one rig for one mix of frames: what it forwards with no more than a given loss.
 *
 * <p>A rate passes when one of up to {@code tries} trials passes: a loss that the machine caused is
 * not told from one that the switch caused unless the kernel or the generator's clock saw it. A
 * failed trial in which they did see it ({@link Attempt#disturbed}) is not even a try.
 */
final class NdrSearch {
  /** For each try so many disturbed trials, then the rate counts as failed. */
  private static final int DISTURBED_PER_TRY = 4;

  /** Above what arrived of as many frames as the ring took: surely too much. */
  private static final double START_ABOVE = 1.02;

  private final LoadRig rig;
  private final FrameMix mix;
  private final LoadOptions options;
  private final NdrOptions ndr;
  private int trials;
  private @Nullable TrialResult passed;

  NdrSearch(LoadRig rig, FrameMix mix, LoadOptions options, NdrOptions ndr) {
    this.rig = rig;
    this.mix = mix;
    this.options = options;
    this.ndr = ndr;
  }

  /** Where to begin: a little above what arrives when nobody waits. */
  double rateMax() {
    return rig.run(new TrialSpec(mix, 0, options.trialMs())).receivedPerSecond() * START_ABOVE;
  }

  /**
   * Searches.
   *
   * @param rateMax frames per second to begin with
   * @param lossRatioMax what may be lost of the offered frames: 0 for none
   * @return frames per second; 0 if no rate passed
   */
  double find(double rateMax, double lossRatioMax) {
    trials = 0;
    passed = null;
    return new RateSearch(ndr.resolution)
        .highest(
            rateMax, rate -> passes(new TrialSpec(mix, rate, options.trialMs()), lossRatioMax));
  }

  private boolean passes(TrialSpec spec, double lossRatioMax) {
    int disturbed = 0;
    for (int tries = 0; tries < ndr.tries && disturbed < DISTURBED_PER_TRY * ndr.tries; ) {
      Attempt attempt = rig.attempt(spec);
      trials++;
      if (attempt.passes(lossRatioMax)) {
        passed = attempt.result();
        return true;
      }
      if (attempt.disturbed()) {
        rig.reject(attempt.disturbance());
        disturbed++;
      } else {
        tries++;
      }
    }
    return false;
  }

  /** Trials of the last search. */
  int trials() {
    return trials;
  }

  /** The trial that passed last: the one at the rate that was found. Null if none did. */
  @Nullable TrialResult passed() {
    return passed;
  }
}
