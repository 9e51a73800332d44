// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * The used ring, {@code struct virtq_used} (virtio 1.2, 2.7.8): written by the device, read by the
 * driver. 4-byte aligned; an element is {@code le32 id, le32 len}.
 *
 * <pre>
 *  0       2       4                      4 + 8 size    6 + 8 size
 * +-------+-------+----------------------+-------------+
 * | flags | idx   | ring[size] (id, len) | avail_event |
 * +-------+-------+----------------------+-------------+
 * </pre>
 */
final class UsedRing {
  static final int FLAGS = 0;
  static final int IDX = 2;
  static final int RING = 4;
  static final int ELEMENT_BYTES = 8;
  static final int ELEMENT_SHIFT = 3;

  /** In flags, without EVENT_IDX: the device does not want to be kicked. */
  static final int NO_NOTIFY = 1;

  private UsedRing() {}

  /** An element as one little-endian long. */
  static long element(int head, int length) {
    return head | (long) length << 32;
  }

  /** Offset of avail_event: the device wants a kick when the driver has added that entry. */
  static long availEvent(int size) {
    return RING + (long) ELEMENT_BYTES * size;
  }

  /** Bytes of the whole ring, event word included. */
  static long bytes(int size) {
    return availEvent(size) + 2;
  }
}
