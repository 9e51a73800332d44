// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.peer.CountersLine;

/**
 * What became of a trial's frames. Every frame that fell due is in {@code offered}; {@code offered
 * = received + lost}, exactly.
 *
 * @param offered frames that fell due
 * @param refused of these, frames that found the transmit ring full: the switch did not take them
 * @param received frames that came for the first time
 * @param duplicated second copies
 * @param reordered frames that came after a later one; they are received, too
 * @param late frames that came after 64 later ones or more: lost, for all we know
 * @param foreign frames that are none of ours
 * @param stale frames of earlier trials
 * @param skipped frames that were not offered because the generator itself had stood still
 * @param sendNs from the first frame's time to the end of sending
 * @param gapMaxNs longest time in which the generator looked at no ring
 * @param p50Ns median latency, from the time at which a frame was due to the poll that found it
 * @param p90Ns likewise
 * @param p99Ns likewise
 * @param p999Ns likewise
 * @param p9999Ns likewise
 * @param maxNs longest latency
 */
public record TrialResult(
    long offered,
    long refused,
    long received,
    long duplicated,
    long reordered,
    long late,
    long foreign,
    long stale,
    long skipped,
    long sendNs,
    long gapMaxNs,
    long p50Ns,
    long p90Ns,
    long p99Ns,
    long p999Ns,
    long p9999Ns,
    long maxNs) {
  static final String WORD = "result";

  /** Frames that fell due and did not come. */
  public long lost() {
    return offered - received;
  }

  /** Lost frames per offered frame, 0 to 1. */
  double lossRatio() {
    return offered == 0 ? 0 : (double) lost() / offered;
  }

  double offeredPerSecond() {
    return offered * 1e9 / sendNs;
  }

  double receivedPerSecond() {
    return received * 1e9 / sendNs;
  }

  /** {@code result offered=5 refused=0 …}: how the two processes exchange it. */
  String format() {
    return CountersLine.format(WORD, this);
  }

  /** Reads {@link #format}. */
  static TrialResult parse(String line) {
    return CountersLine.parse(TrialResult.class, line);
  }
}
