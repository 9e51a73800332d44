// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * Frames that a guest transmits, as taken from its transmitq: parallel arrays, owned by one poll
 * thread. The bytes lie in guest memory and can change at any time.
 */
public final class TransmitFrames {
  /** Frames per step. */
  public static final int CAPACITY = 64;

  /** Longest frame that is taken, in bytes, virtio-net header excluded. */
  public static final int FRAME_LENGTH_MAX = 65535;

  /** The descriptor chain's head; 0..size-1. */
  public final int[] head = new int[CAPACITY];

  /** Process address of the frame's first byte (behind the virtio-net header). */
  public final long[] address = new long[CAPACITY];

  /** Frame length in bytes, virtio-net header excluded; 14..{@link #FRAME_LENGTH_MAX}. */
  public final int[] length = new int[CAPACITY];

  /** Whether the whole frame lies at {@link #address}; otherwise it must be {@link #gather}ed. */
  public final boolean[] contiguous = new boolean[CAPACITY];

  /** Frames in the list. */
  public int count;

  /**
   * Copies a frame that lies in several pieces to one place.
   *
   * @param index which frame, 0..count-1
   * @param target process address of the host buffer
   * @param capacity its bytes
   * @return the frame's length, or -1 (and nothing is copied) if it exceeds the capacity
   */
  public int gather(int index, long target, int capacity) {
    throw new UnsupportedOperationException("not yet");
  }
}
