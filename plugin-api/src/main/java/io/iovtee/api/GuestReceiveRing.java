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

  /** Ring entries. Any thread. */
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

  /**
   * Whether the guest negotiated VIRTIO_F_IN_ORDER (virtio 1.2, 2.7.9): then a head becomes visible
   * to it only with all that were taken before it, and a head that was given back goes back empty
   * as soon as one taken later is completed.
   */
  boolean inOrder();

  /**
   * With completion in order: whether, and on what, completed heads wait. Two numbers, some time
   * apart, that differ by less than {@link #size} say that the guest may not see frames for that
   * long which it has: heads taken earlier are with a NIC that has too little to fill them with.
   * Any thread.
   *
   * @return how many heads were completed before the one that others wait for; -1 if none waits
   */
  long heldUpBy();

  /** True once the guest broke a ring rule; then nothing can be taken until the port is reset. */
  boolean isBroken();
}
