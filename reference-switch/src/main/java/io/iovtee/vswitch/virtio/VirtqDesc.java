// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.CConstants;
import io.iovtee.vswitch.linux.CName;
import io.iovtee.vswitch.linux.CStruct;

/**
 * One entry of the descriptor table, {@code struct virtq_desc} (virtio 1.2, 2.7.5). Little-endian;
 * the table is 16-byte aligned, so an entry never crosses a cache line and is read as two longs:
 * the address, and the <em>word</em> that holds the rest.
 *
 * <pre>
 *  0               8        12     14     16
 * +---------------+--------+------+------+
 * | addr          | len    |flags | next |
 * +---------------+--------+------+------+
 * </pre>
 */
@CStruct(value = "struct vring_desc", header = "linux/virtio_ring.h")
final class VirtqDesc {
  static final int ADDR = 0;
  static final int LEN = 8;
  static final int FLAGS = 12;
  static final int NEXT = 14;
  static final int SIZEOF = 16;

  private VirtqDesc() {}

  /** What the flags mean; the other bits are reserved and ignored. */
  @CConstants(header = "linux/virtio_ring.h")
  static final class Flag {
    /** The chain goes on at the descriptor named by the field next. */
    @CName("VRING_DESC_F_NEXT")
    static final int NEXT = 1;

    /** The device may write the buffer; without it, it may only read. */
    @CName("VRING_DESC_F_WRITE")
    static final int WRITE = 2;

    /** The buffer is a table of descriptors. */
    @CName("VRING_DESC_F_INDIRECT")
    static final int INDIRECT = 4;

    private Flag() {}
  }

  /** Where an entry of a table lies. */
  static long at(long table, int index) {
    return table + (long) index * SIZEOF;
  }

  /** Bytes of a table. */
  static long tableBytes(int entries) {
    return (long) entries * SIZEOF;
  }

  /** Length in bytes, 0..2^32-1, of the word. */
  static long length(long word) {
    return word & 0xffff_ffffL;
  }

  /** The flags that mean something, of the word. */
  static int flags(long word) {
    return (int) (word >>> 32) & (Flag.NEXT | Flag.WRITE | Flag.INDIRECT);
  }

  /** Index of the next descriptor, 0..65535, of the word. */
  static int next(long word) {
    return (int) (word >>> 48);
  }

  /** Puts a word together. */
  static long word(long length, int flags, int next) {
    return (length & 0xffff_ffffL) | (long) (flags & 0xffff) << 32 | (long) next << 48;
  }
}
