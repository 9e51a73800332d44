// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

/** Waiting without looking. */
public final class Pause {
  private Pause() {}

  /**
   * Sleeps.
   *
   * @throws PeerException if the thread is interrupted
   */
  public static void ms(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException("interrupted", e);
    }
  }
}
