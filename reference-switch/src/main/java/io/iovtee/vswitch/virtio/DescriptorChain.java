// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.GuestMemory;

/**
 * The pieces of descriptor chains as host addresses: the slow path of both directions, for whatever
 * is not one plain descriptor inside one region. Reused; one thread.
 *
 * <p>Each descriptor is read once, as two longs, into locals; what is kept here is private and was
 * checked. Every walk ends: the descriptors of a chain and the pieces of a frame are limited.
 */
final class DescriptorChain {
  /**
   * Most pieces that one frame is put together from; the limit of the kernel's vhost-net is the
   * same (UIO_MAXIOV, include/uapi/linux/uio.h).
   */
  static final int SEGMENTS_MAX = 1024;

  /** Longest chain in bytes: what a frame with its header can use. */
  static final int BYTES_MAX = VirtioNetHeader.LENGTH + TransmitFrames.FRAME_LENGTH_MAX;

  /** Host address of each piece. */
  final long[] address = new long[SEGMENTS_MAX];

  /** Bytes of each piece, 1..{@link #BYTES_MAX}. */
  final int[] length = new int[SEGMENTS_MAX];

  /** Pieces in use. */
  int count;

  private final RegionCache regions;
  private final long descTable;
  private final int size;
  private final boolean indirectAllowed;

  /** Bytes found by the last walk. */
  private int found;

  DescriptorChain(VirtqueueSetup setup, RegionCache regions) {
    this.regions = regions;
    descTable = setup.descAddress();
    size = setup.size();
    indirectAllowed = setup.has(VirtioFeature.INDIRECT_DESC);
  }

  /** Bytes that the last walk added, 0..{@link #BYTES_MAX}. */
  int found() {
    return found;
  }

  /**
   * Adds the pieces of one chain.
   *
   * @param head first descriptor, 0..size-1
   * @param direction what each buffer's WRITE flag must say: {@link VirtqDesc#WRITE} or 0
   * @param enough receive: how many bytes are needed, what comes behind them is not looked at;
   *     transmit: {@link #WHOLE_CHAIN}
   * @return ordinal of the {@link ChainFault}, 0 if all is well; after a fault what was added must
   *     be taken back with {@link #truncate}
   */
  int walk(int head, int direction, int enough) {
    long table = descTable;
    int entries = size;
    boolean indirect = false;
    int index = head;
    int hops = 0;
    found = 0;
    while (true) {
      if (hops++ >= entries) {
        return ChainFault.TOO_MANY_DESCRIPTORS.ordinal();
      }
      long at = VirtqDesc.at(table, index);
      long guest = AddressSpace.getLong(at + VirtqDesc.ADDR);
      long word = AddressSpace.getLong(at + VirtqDesc.LEN);
      int flags = VirtqDesc.flags(word);
      long bytes = VirtqDesc.length(word);
      if ((flags & VirtqDesc.Flag.INDIRECT) != 0) {
        int refused = checkIndirect(flags, bytes, indirect);
        if (refused != 0) {
          return refused;
        }
        table = regions.translate(guest, bytes);
        if (table == GuestMemory.NOT_MAPPED) {
          return ChainFault.UNMAPPED.ordinal();
        }
        indirect = true;
        entries = (int) (bytes / VirtqDesc.SIZEOF);
        index = 0;
        hops = 0;
        continue;
      }
      int refused = addBuffer(guest, bytes, flags, direction, enough);
      if (refused != 0) {
        return refused;
      }
      if ((flags & VirtqDesc.Flag.NEXT) == 0 || found >= enough) {
        return 0;
      }
      index = VirtqDesc.next(word);
      if (index >= entries) {
        return ChainFault.NEXT_OUT_OF_RANGE.ordinal();
      }
    }
  }

  /** For {@link #walk}: all buffers of the chain, and none too many. */
  static final int WHOLE_CHAIN = Integer.MAX_VALUE;

  private int checkIndirect(int flags, long bytes, boolean nested) {
    if (!indirectAllowed) {
      return ChainFault.INDIRECT_NOT_NEGOTIATED.ordinal();
    }
    if (nested) {
      return ChainFault.INDIRECT_NESTED.ordinal();
    }
    if ((flags & VirtqDesc.Flag.NEXT) != 0) {
      return ChainFault.INDIRECT_WITH_NEXT.ordinal();
    }
    return bytes <= 0 || bytes % VirtqDesc.SIZEOF != 0 || bytes > VirtqDesc.tableBytes(size)
        ? ChainFault.INDIRECT_LENGTH.ordinal()
        : 0;
  }

  /** Adds one descriptor's buffer, cut where it crosses from one region into the next. */
  private int addBuffer(long guest, long bytes, int flags, int direction, int enough) {
    if ((flags & VirtqDesc.Flag.WRITE) != direction) {
      return ChainFault.WRONG_DIRECTION.ordinal();
    }
    if (bytes <= 0) {
      return ChainFault.ZERO_LENGTH.ordinal();
    }
    if (Long.compareUnsigned(guest + bytes - 1, guest) < 0) {
      return ChainFault.UNMAPPED.ordinal();
    }
    if (enough == WHOLE_CHAIN && bytes > BYTES_MAX - found) {
      return ChainFault.TOO_LONG.ordinal();
    }
    while (bytes > 0) {
      if (count == SEGMENTS_MAX) {
        return ChainFault.TOO_MANY_SEGMENTS.ordinal();
      }
      long piece = Math.min(bytes, regions.reach(guest));
      long host = piece == 0 ? GuestMemory.NOT_MAPPED : regions.translate(guest, piece);
      if (host == GuestMemory.NOT_MAPPED) {
        return ChainFault.UNMAPPED.ordinal();
      }
      address[count] = host;
      length[count] = (int) Math.min(piece, BYTES_MAX);
      found = (int) Math.min(BYTES_MAX, found + piece);
      count++;
      guest += piece;
      bytes -= piece;
    }
    return 0;
  }

  /** Forgets all pieces from {@code newCount} on. */
  void truncate(int newCount) {
    count = newCount;
  }

  /** Forgets the first {@code bytes} bytes, of which there are so many. */
  void skip(int bytes) {
    int gone = 0;
    int rest = bytes;
    while (rest > 0 && rest >= length[gone]) {
      rest -= length[gone++];
    }
    if (gone > 0) {
      System.arraycopy(address, gone, address, 0, count - gone);
      System.arraycopy(length, gone, length, 0, count - gone);
      count -= gone;
    }
    if (rest > 0) {
      address[0] += rest;
      length[0] -= rest;
    }
  }
}
