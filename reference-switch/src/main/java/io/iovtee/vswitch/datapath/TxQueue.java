// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.Outcome;

/**
 * An output of one poll loop: a NIC's transmit queue, a guest's receive virtqueues, another loop.
 * Poll thread.
 */
public interface TxQueue {
  /**
   * Sends frames {@code index[0..count)} of the batch, in order. For each it raises the outcome
   * (FORWARDED, COPIED…, WRITTEN_THROUGH) or notes the drop reason, and marks it taken if it keeps
   * the buffer. May keep a buffer only if {@code mayTake} and the frame's owner allows it (its own
   * lending, or the host pool).
   */
  void transmit(FrameBatch batch, int[] index, int count, boolean mayTake);

  /**
   * What {@link #transmit} would make of frame i now; nothing is sent. For traces, between two duty
   * cycles.
   */
  default Foreseen foresee(FrameBatch batch, int i, boolean mayTake) {
    return Foreseen.sent(Outcome.FORWARDED, 0);
  }

  /** Once per duty cycle: doorbells, used-index stores, completions. Returns work done. */
  int flush();

  /**
   * Whether {@link #flush} will have work that nobody announces to a loop that sleeps: then the
   * loop only naps.
   */
  default boolean awaitsCompletion() {
    return false;
  }

  /** Nanoseconds spent emulating hardware since the last call; 0 for real outputs. */
  default long emulationNs() {
    return 0;
  }
}
