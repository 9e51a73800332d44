// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * The available ring, {@code struct virtq_avail} (virtio 1.2, 2.7.6): written by the driver, read
 * by the device. 2-byte aligned.
 *
 * <pre>
 *  0       2       4                    4 + 2 size   6 + 2 size
 * +-------+-------+--------------------+------------+
 * | flags | idx   | ring[size] (heads) | used_event |
 * +-------+-------+--------------------+------------+
 * </pre>
 */
final class AvailRing {
  static final int FLAGS = 0;
  static final int IDX = 2;
  static final int RING = 4;
  static final int ENTRY_BYTES = 2;

  /** In flags, without EVENT_IDX: the driver does not want to be called. */
  static final int NO_INTERRUPT = 1;

  private AvailRing() {}

  /** Offset of used_event: the driver wants a call when the device has used that entry. */
  static long usedEvent(int size) {
    return RING + (long) ENTRY_BYTES * size;
  }

  /** Bytes of the whole ring, event word included. */
  static long bytes(int size) {
    return usedEvent(size) + 2;
  }
}
