// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * Posts equal buffers on a receiveq and puts frames together that fill several of them (MRG_RXBUF).
 * Driver side, one thread. A buffer's token is its index in the buffer area.
 */
public final class DriverReceiver {

  /**
   * @param buffersHost where the buffer area starts in this process
   * @param buffersGuest what the device calls that address
   * @param bufferCount buffers in the area
   * @param bufferLength bytes of each, virtio-net header included; also the stride
   */
  public DriverReceiver(
      DriverVirtqueue queue,
      long buffersHost,
      long buffersGuest,
      int bufferCount,
      int bufferLength) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Process address of a buffer: its virtio-net header, if a frame starts in it. */
  public long hostAddress(int buffer) {
    throw new UnsupportedOperationException("not yet");
  }

  /** What the device calls the buffer's address. */
  public long guestAddress(int buffer) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Posts a buffer; visible after the virtqueue's publish. False when the ring is full. */
  public boolean post(int buffer) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Takes at most {@code max} received frames; overwrites {@code out}; returns its count. Buffers
   * that the device returned empty are posted again and counted.
   */
  public int poll(ReceivedFrames out, int max) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Buffers that came back without a frame. */
  public long emptyBuffers() {
    throw new UnsupportedOperationException("not yet");
  }
}
