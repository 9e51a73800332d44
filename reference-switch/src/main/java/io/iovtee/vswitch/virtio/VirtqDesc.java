// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * One entry of the descriptor table, {@code struct virtq_desc} (virtio 1.2, 2.7.5). Little-endian;
 * the table is 16-byte aligned, so an entry never crosses a cache line and is read as two longs.
 *
 * <pre>
 *  0               8        12     14     16
 * +---------------+--------+------+------+
 * | addr          | len    |flags | next |
 * +---------------+--------+------+------+
 * </pre>
 */
final class VirtqDesc {
  static final int BYTES = 16;
  static final int BYTES_SHIFT = 4;

  static final int ADDR = 0;
  static final int LEN = 8;
  static final int FLAGS = 12;
  static final int NEXT_FIELD = 14;

  /** The chain goes on at the descriptor named by the field next. */
  static final int NEXT = 1;

  /** The device may write the buffer; without it, it may only read. */
  static final int WRITE = 2;

  /** The buffer is a table of descriptors. */
  static final int INDIRECT = 4;

  /** The flags that mean something; the others are reserved and ignored. */
  static final int KNOWN_FLAGS = NEXT | WRITE | INDIRECT;

  private VirtqDesc() {}

  /** Length in bytes, 0..2^32-1, of the long that holds len, flags and next. */
  static long length(long word) {
    return word & 0xffff_ffffL;
  }

  /** The known flags of the long that holds len, flags and next. */
  static int flags(long word) {
    return (int) (word >>> 32) & KNOWN_FLAGS;
  }

  /** Index of the next descriptor, 0..65535, of the long that holds len, flags and next. */
  static int next(long word) {
    return (int) (word >>> 48);
  }

  /** The long at {@link #LEN}. */
  static long word(long length, int flags, int next) {
    return (length & 0xffff_ffffL) | (long) (flags & 0xffff) << 32 | (long) next << 48;
  }

  /** Bytes of a table. */
  static long tableBytes(int size) {
    return (long) size * BYTES;
  }
}
