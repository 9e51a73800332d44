// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.CopyReason;
import io.iovtee.api.DmaConstraints;
import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.PostedBuffers;

/**
 * Whether a NIC may write into a buffer that a guest posted. Eligible is one writable descriptor
 * inside one memory region (the ring has checked that), long enough for the virtio-net header and
 * the longest frame, and inside the queue's DMA window. That it overlaps no buffer which is with
 * the NIC is for the queue to check, which alone knows when one comes back.
 *
 * <p>One poll thread; a few nanoseconds per buffer.
 */
final class EligibilityCheck {
  static final int ELIGIBLE = CopyReason.NONE.ordinal();

  private static final int TOO_SHORT = CopyReason.TOO_SHORT.ordinal();
  private static final int UNMAPPED = CopyReason.UNMAPPED.ordinal();
  private static final int OUTSIDE_WINDOW = CopyReason.OUTSIDE_WINDOW.ordinal();

  private final DmaConstraints constraints;
  private final int bufferLengthMin;

  EligibilityCheck(DmaConstraints constraints) {
    this.constraints = constraints;
    bufferLengthMin = GuestReceiveRing.HEADER_LENGTH + constraints.frameLengthMax();
  }

  /**
   * Checks a buffer.
   *
   * @param address of the buffer's first byte, 0 if the ring found no usable one
   * @param length of the buffer in bytes, header included
   * @param ringReason what the ring says of the chain: ordinal of a {@link CopyReason}
   * @return {@link #ELIGIBLE}, or the ordinal of the reason why not
   */
  int admit(long address, int length, int ringReason) {
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
    return ELIGIBLE;
  }

  /** The common case without a branch per buffer: the window is one range. */
  private boolean areAllEligible(PostedBuffers buffers) {
    int reasons = 0;
    int shortest = Integer.MAX_VALUE;
    long lowest = Long.MAX_VALUE;
    long highest = Long.MIN_VALUE;
    for (int i = 0; i < buffers.count; i++) {
      reasons |= buffers.reason[i];
      shortest = Math.min(shortest, buffers.length[i]);
      lowest = Math.min(lowest, buffers.address[i]);
      highest = Math.max(highest, buffers.address[i]);
    }
    return reasons == ELIGIBLE
        && lowest > 0
        && shortest >= bufferLengthMin
        && constraints.accepts(lowest + GuestReceiveRing.HEADER_LENGTH)
        && constraints.accepts(highest + GuestReceiveRing.HEADER_LENGTH);
  }

  /** How many buffers from the first on are eligible: nearly always all. */
  int eligibleFirst(PostedBuffers buffers) {
    if (areAllEligible(buffers)) {
      return buffers.count;
    }
    int i = 0;
    while (i < buffers.count
        && admit(buffers.address[i], buffers.length[i], buffers.reason[i]) == ELIGIBLE) {
      i++;
    }
    return i;
  }
}
