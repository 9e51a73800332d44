// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/**
 * A reusable list of receive buffers on their way from a source to a NIC queue: parallel arrays, no
 * object per buffer. Owned by one poll thread.
 */
public final class BufferList {
  /** Buffers per list: one refill step, the size of a frame batch. */
  public static final int CAPACITY = 128;

  /** Where the first byte of the frame shall land; a process address. */
  public final long[] address = new long[CAPACITY];

  /** What the source calls the buffer: a virtqueue head, a chunk index. */
  public final int[] token = new int[CAPACITY];

  /** Buffers in the list; 0..{@link #CAPACITY}. */
  public int count;

  /** Adds one buffer; the caller has checked that {@link #count} is below {@link #CAPACITY}. */
  public void add(long frameAddress, int bufferToken) {
    address[count] = frameAddress;
    token[count] = bufferToken;
    count++;
  }
}
