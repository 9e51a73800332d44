// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.PostedBuffers;

/** The device side of a receiveq: the guest posts buffers, we write frames into them. */
public final class ReceiveVirtqueue extends SplitVirtqueue implements GuestReceiveRing {
  /** Results of {@link #deliver}. */
  public static final int DELIVERED = 0;

  /** The guest has posted no (usable) buffer. */
  public static final int NO_BUFFER = 1;

  /** The frame does not fit the next buffer, nor the next ones together with MRG_RXBUF. */
  public static final int TOO_SMALL = 2;

  /** The virtqueue is broken or stopped. */
  public static final int BROKEN = 3;

  public ReceiveVirtqueue(VirtqueueSetup setup) {
    super(setup);
  }

  @Override
  public int take(PostedBuffers out, int max) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void giveBack(int head) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public boolean isTaken(int head) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void clear(long address, int length) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Writes the 12-byte virtio-net header of a frame that needs no offload. */
  public static void writeHeader(long bufferAddress, int numBuffers) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Publish in place: writes the header in front of a frame that lies in the buffer of a taken
   * head, and completes the head.
   */
  public void completeFrame(int head, long frameAddress, int frameLength) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * {@link #completeFrame} for a selection of a batch: entries {@code index[from..to)} of the
   * parallel arrays.
   */
  public void completeFrames(
      int[] heads, long[] frameAddresses, int[] frameLengths, int[] index, int from, int to) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Copies one frame into the next posted buffer (or buffers) and completes it.
   *
   * @param header first bytes of the frame, private to us
   * @param headerOffset where they start in the array
   * @param headerLength how many there are, 0..frameLength
   * @param frameAddress process address of the frame; bytes from headerLength on are read from it
   * @param frameLength bytes, 1..{@link TransmitFrames#FRAME_LENGTH_MAX}
   * @return DELIVERED, NO_BUFFER, TOO_SMALL or BROKEN
   */
  public int deliver(
      byte[] header, int headerOffset, int headerLength, long frameAddress, int frameLength) {
    throw new UnsupportedOperationException("not yet");
  }
}
