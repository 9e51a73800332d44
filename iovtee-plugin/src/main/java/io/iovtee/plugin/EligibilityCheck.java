// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.CopyReason;
import io.iovtee.api.DmaConstraints;
import io.iovtee.api.GuestReceiveRing;

/**
 * Whether a NIC may write into a buffer that a guest posted. Eligible is one writable descriptor
 * inside one memory region (the ring has checked that), long enough for the virtio-net header and
 * the longest frame, inside the queue's DMA window, and clear of every buffer that is outstanding.
 *
 * <p>One poll thread; a few nanoseconds per buffer.
 */
final class EligibilityCheck {
  static final int ELIGIBLE = CopyReason.NONE.ordinal();

  private static final int TOO_SHORT = CopyReason.TOO_SHORT.ordinal();
  private static final int UNMAPPED = CopyReason.UNMAPPED.ordinal();
  private static final int OUTSIDE_WINDOW = CopyReason.OUTSIDE_WINDOW.ordinal();
  private static final int OVERLAP = CopyReason.OVERLAP.ordinal();

  private final DmaConstraints constraints;
  private final int bufferLengthMin;
  private final OutstandingExtents outstanding;

  EligibilityCheck(GuestReceiveRing ring, DmaConstraints constraints) {
    this.constraints = constraints;
    bufferLengthMin = GuestReceiveRing.HEADER_LENGTH + constraints.frameLengthMax();
    outstanding = new OutstandingExtents(ring, bufferLengthMin);
  }

  /**
   * Checks a buffer, and notes it as outstanding if it is eligible. The head must have been {@link
   * #forget forgotten} since it was last outstanding.
   *
   * @param address of the buffer's first byte, 0 if the ring found no usable one
   * @param length of the buffer in bytes, header included
   * @param ringReason what the ring says of the chain: ordinal of a {@link CopyReason}
   * @return {@link #ELIGIBLE}, or the ordinal of the reason why not
   */
  int admit(int head, long address, int length, int ringReason) {
    if (ringReason != ELIGIBLE) {
      return ringReason;
    }
    if (address == 0) {
      return UNMAPPED;
    }
    if (length < bufferLengthMin) {
      return TOO_SHORT;
    }
    if (!constraints.accepts(address + GuestReceiveRing.HEADER_LENGTH)) {
      return OUTSIDE_WINDOW;
    }
    return outstanding.add(head, address) ? ELIGIBLE : OVERLAP;
  }

  /** The head's buffer is with the guest or the copy path again. */
  void forget(int head) {
    outstanding.remove(head);
  }
}
