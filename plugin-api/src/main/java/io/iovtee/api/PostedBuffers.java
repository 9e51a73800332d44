// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/**
 * Buffers that a guest posted on its receive virtqueue, as taken from the available ring: parallel
 * arrays, owned by one poll thread.
 */
public final class PostedBuffers {
  /** Buffers per step. */
  public static final int CAPACITY = 128;

  /** The descriptor chain's head; 0..size-1. */
  public final int[] head = new int[CAPACITY];

  /**
   * Process address of the buffer's first byte (the virtio-net header), or 0 when the chain is not
   * one writable descriptor that lies inside one memory region; then {@link #reason} says why.
   */
  public final long[] address = new long[CAPACITY];

  /** Length of the buffer in bytes, virtio-net header included. */
  public final int[] length = new int[CAPACITY];

  /** Ordinal of the {@link CopyReason} why the chain can not be written directly; 0 = it can. */
  public final byte[] reason = new byte[CAPACITY];

  /** Buffers in the list. */
  public int count;
}
