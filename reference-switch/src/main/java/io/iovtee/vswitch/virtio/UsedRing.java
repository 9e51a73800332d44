// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.CConstants;
import io.iovtee.vswitch.linux.CName;
import io.iovtee.vswitch.linux.CStruct;

/**
 * The used ring, {@code struct virtq_used} (virtio 1.2, 2.7.8): written by the device, read by the
 * driver. 4-byte aligned.
 *
 * <pre>
 *  0       2       4                      4 + 8 size    6 + 8 size
 * +-------+-------+----------------------+-------------+
 * | flags | idx   | ring[size] (id, len) | avail_event |
 * +-------+-------+----------------------+-------------+
 * </pre>
 */
@CStruct(value = "struct vring_used", header = "linux/virtio_ring.h")
final class UsedRing {
  static final int FLAGS = 0;
  static final int IDX = 2;
  static final int RING = 4;

  private UsedRing() {}

  /** What the device says in flags when EVENT_IDX was not negotiated. */
  @CConstants(header = "linux/virtio_ring.h")
  static final class Flag {
    /** The device does not want to be kicked. */
    @CName("VRING_USED_F_NO_NOTIFY")
    static final int NO_NOTIFY = 1;

    private Flag() {}
  }

  /** {@code struct virtq_used_elem}: the head that was used, and the bytes written. */
  @CStruct(value = "struct vring_used_elem", header = "linux/virtio_ring.h")
  static final class Element {
    static final int ID = 0;
    static final int LEN = 4;
    static final int SIZEOF = 8;

    private Element() {}

    /** An element as one little-endian long. */
    static long of(int head, int length) {
      return head | (long) length << 32;
    }
  }

  /** Offset of avail_event: the device wants a kick when the driver has added that entry. */
  static long availEvent(int size) {
    return RING + (long) Element.SIZEOF * size;
  }

  /** Bytes of the whole ring, event word included. */
  static long bytes(int size) {
    return availEvent(size) + 2;
  }
}
