// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;

/**
 * What an output would make of a frame; for traces.
 *
 * @param outcome what it raises the frame's outcome to; DROPPED if it does not take it
 * @param dropped with DROPPED why
 * @param queuePair which one of a guest's gets it; 0 for other outputs
 * @param handedOver another loop decides, see {@link Handover}
 */
public record Foreseen(Outcome outcome, DropReason dropped, int queuePair, boolean handedOver) {
  static Foreseen sent(Outcome outcome, int queuePair) {
    return new Foreseen(outcome, DropReason.NONE, queuePair, false);
  }

  /** It does not take the frame. */
  public static Foreseen dropped(DropReason reason) {
    return new Foreseen(Outcome.DROPPED, reason, 0, false);
  }

  /** An output of a NIC: takes what is not too long. */
  public static Foreseen forwarded(int length, int lengthMax) {
    return length > lengthMax ? dropped(DropReason.TOO_LONG) : sent(Outcome.FORWARDED, 0);
  }
}
