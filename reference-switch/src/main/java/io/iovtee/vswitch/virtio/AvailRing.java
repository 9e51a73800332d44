// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.CConstants;
import io.iovtee.vswitch.linux.CName;
import io.iovtee.vswitch.linux.CStruct;

/**
 * The available ring, {@code struct virtq_avail} (virtio 1.2, 2.7.6): written by the driver, read
 * by the device. 2-byte aligned; an entry of the ring is a le16 head.
 *
 * <pre>
 *  0       2       4                    4 + 2 size   6 + 2 size
 * +-------+-------+--------------------+------------+
 * | flags | idx   | ring[size] (heads) | used_event |
 * +-------+-------+--------------------+------------+
 * </pre>
 */
@CStruct(value = "struct vring_avail", header = "linux/virtio_ring.h")
final class AvailRing {
  static final int FLAGS = 0;
  static final int IDX = 2;
  static final int RING = 4;

  private AvailRing() {}

  /** What the driver says in flags when EVENT_IDX was not negotiated. */
  @CConstants(header = "linux/virtio_ring.h")
  static final class Flag {
    /** The driver does not want to be called. */
    @CName("VRING_AVAIL_F_NO_INTERRUPT")
    static final int NO_INTERRUPT = 1;

    private Flag() {}
  }

  /** Offset of used_event: the driver wants a call when the device has used that entry. */
  static long usedEvent(int size) {
    return RING + 2L * size;
  }

  /** Bytes of the whole ring, event word included. */
  static long bytes(int size) {
    return usedEvent(size) + 2;
  }
}
