// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** How many frames a sender of a fixed rate has sent by a given time. Engine thread. */
final class Pacer {
  private final long ratePps;
  private boolean started;
  private long startNs;

  /**
   * @param ratePps frames per second, 1 or more
   */
  Pacer(long ratePps) {
    this.ratePps = ratePps;
  }

  boolean started() {
    return started;
  }

  void start(long nowNs) {
    started = true;
    startNs = nowNs;
  }

  /** Frames due since the start, the first one at once; exact for years (no rounding adds up). */
  long due(long nowNs) {
    long elapsedNs = nowNs - startNs;
    long seconds = elapsedNs / 1_000_000_000L;
    long restNs = elapsedNs % 1_000_000_000L;
    return 1 + seconds * ratePps + restNs * ratePps / 1_000_000_000L;
  }

  @Override
  public String toString() {
    return ratePps + " frames/s";
  }
}
