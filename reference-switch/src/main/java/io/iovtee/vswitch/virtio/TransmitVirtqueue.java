// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/** The device side of a transmitq: the guest posts frames, we read them. */
public final class TransmitVirtqueue extends SplitVirtqueue {

  public TransmitVirtqueue(VirtqueueSetup setup) {
    super(setup);
  }

  /**
   * Takes at most {@code max} frames in ring order; overwrites {@code out}; returns its count.
   * Malformed chains are completed with length 0 and counted, and do not appear. Each frame's head
   * stays outstanding until {@link #complete}d with length 0.
   */
  public int takeTransmit(TransmitFrames out, int max) {
    throw new UnsupportedOperationException("not yet");
  }
}
