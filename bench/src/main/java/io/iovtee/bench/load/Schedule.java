// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

/**
 * When which frame is to be sent: frame {@code i} at {@code start + i / rate}. Knows nothing of
 * what could be sent, so a frame that leaves late keeps the time at which it was due: latency
 * measured from there has no coordinated omission.
 */
final class Schedule {
  private static final double SECOND_NS = 1e9;

  private final double framesPerNs;
  private final double intervalNs;
  private long startNs;

  /**
   * @param framesPerSecond more than 0
   */
  Schedule(double framesPerSecond, long startNs) {
    if (!(framesPerSecond > 0)) {
      throw new IllegalArgumentException("a rate is more than 0: " + framesPerSecond);
    }
    framesPerNs = framesPerSecond / SECOND_NS;
    intervalNs = SECOND_NS / framesPerSecond;
    this.startNs = startNs;
  }

  /** Frames that are due by now, the first one at the start. */
  long due(long nowNs) {
    return nowNs < startNs ? 0 : 1 + (long) ((nowNs - startNs) * framesPerNs);
  }

  /** When frame {@code index} is due. */
  long dueNs(long index) {
    return startNs + (long) (index * intervalNs);
  }

  /** Moves what is still to be sent: after a pause of the sender's own it does not catch up. */
  void delay(long ns) {
    startNs += ns;
  }
}
