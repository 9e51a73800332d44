// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.vswitch.frames.LoadFrame;
import io.iovtee.vswitch.frames.SequenceCheck;
import org.HdrHistogram.Histogram;

/**
 * What became of one trial's frames, and how long each took. One thread; nothing is allocated per
 * frame.
 *
 * <p>A frame's sequence number carries the trial's number in its upper 16 bits, so that a frame
 * that an earlier trial has given up counts as {@link #stale} and nothing else.
 */
final class Ledger {
  /** Longest latency that is told apart, ns; a longer one counts as this. */
  private static final long LATENCY_MAX_NS = 10_000_000_000L;

  /** 0.1 % resolution. */
  private static final int SIGNIFICANT_DIGITS = 3;

  private static final int TRIAL_SHIFT = 48;
  private static final long SEQUENCE_MASK = (1L << TRIAL_SHIFT) - 1;

  private final Histogram latency = new Histogram(LATENCY_MAX_NS, SIGNIFICANT_DIGITS);
  private final long trial;
  private final SequenceCheck sequences = new SequenceCheck(0, 1);
  private long foreign;
  private long stale;
  private long frames;

  /** Frames of one send burst are read at once: equal latencies come in runs. */
  private long runNs;

  private long runCount;

  /**
   * @param trial 0..65535, another one than the trials before
   */
  Ledger(int trial) {
    this.trial = (long) trial << TRIAL_SHIFT;
  }

  /** The sequence number of the trial's frame {@code index}, to be sent. */
  long sequence(long index) {
    return trial | index;
  }

  /** Notes a received frame. */
  void add(long address, int frameLength, long nowNs) {
    if (!LoadFrame.isOne(address, frameLength)) {
      foreign++;
      return;
    }
    add(LoadFrame.sequence(address), nowNs - LoadFrame.timeNs(address));
  }

  void add(long sequence, long latencyNs) {
    if ((sequence & ~SEQUENCE_MASK) != trial) {
      stale++;
      return;
    }
    frames++;
    sequences.add(0, 0, sequence & SEQUENCE_MASK);
    if (latencyNs != runNs) {
      flush();
      runNs = latencyNs;
    }
    runCount++;
  }

  private void flush() {
    if (runCount > 0) {
      latency.recordValueWithCount(Math.clamp(runNs, 0, LATENCY_MAX_NS), runCount);
      runCount = 0;
    }
  }

  /** Frames of this trial, second copies included. */
  long frames() {
    return frames;
  }

  /** Frames of this trial that came for the first time. */
  long received() {
    return sequences.good();
  }

  long duplicated() {
    return sequences.duplicated();
  }

  /** Frames that came after a later one. */
  long reordered() {
    return sequences.reordered();
  }

  /** Frames that came after 64 later ones or more: neither received nor duplicated for certain. */
  long late() {
    return sequences.late();
  }

  /** Frames of somebody else. */
  long foreign() {
    return foreign;
  }

  /** Frames of earlier trials. */
  long stale() {
    return stale;
  }

  /** Of all frames of this trial, ns from the time at which each was to be sent. */
  Histogram latency() {
    flush();
    return latency;
  }
}
