// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/**
 * The device side of a guest's receive virtqueue, as a buffer source needs it. Poll thread of the
 * loop that owns the virtqueue only.
 *
 * <p>A head that was taken is outstanding until it is published in place by the switch, or given
 * back here; the ring itself refuses a head that the guest makes available twice.
 */
public interface GuestReceiveRing {
  /** Bytes of the virtio-net header in front of each frame: 12 (virtio 1.2, 5.1.6.1). */
  int HEADER_LENGTH = 12;

  /** Ring entries. */
  int size();

  /** Heads that the guest has made available and nobody has taken; 0..size. */
  int available();

  /** Takes at most {@code max} heads in ring order; overwrites {@code out}; returns its count. */
  int take(PostedBuffers out, int max);

  /** Hands a taken head to the copy path, which uses it before any head still in the ring. */
  void giveBack(int head);

  /**
   * Fills bytes of a taken buffer with zeros: what a scrubbing source does with a foreign frame's
   * bytes. The range was checked when the buffer was taken, and is checked again against the
   * guest's memory as it is now; a range outside of it is left alone. It is named by address, not
   * by head, since the guest may have rewritten the descriptor meanwhile.
   *
   * @param address process address of the first byte
   * @param length bytes, 0 or more
   */
  void clear(long address, int length);

  /** True once the guest broke a ring rule; then nothing can be taken until the port is reset. */
  boolean isBroken();
}
