// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.api.DmaConstraints;
import io.iovtee.vswitch.linux.XdpAbi;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import org.jspecify.annotations.Nullable;

/**
 * The memory that one socket's frames may lie in: the host pool alone, or a guest's window, which
 * begins with an alias of the host pool. Immutable.
 *
 * <pre>
 *   fill entry        256 + HEADROOM         frame offset
 *       ▼                                        ▼
 *       │ kernel's 256 │ HEADROOM 256            │ frame, at most 1536            │
 *       └─────────────────────── chunk of 2048 ──────────────────────────────────┘
 *         not written                              written
 * </pre>
 *
 * <p>With the pool alone, chunks are aligned; with a guest they may begin at any byte, so that the
 * frame starts 12 bytes into the buffer that the guest posted.
 */
final class Umem {
  /** Bytes that the kernel leaves free in front of a frame, and we ask for in addition. */
  static final int HEADROOM = HostPool.FRAME_OFFSET - XdpAbi.Program.XDP_PACKET_HEADROOM;

  /** From a chunk's first byte to its frame's. */
  static final int BYTES_BEFORE = HostPool.FRAME_OFFSET;

  /** From a frame's first byte to its chunk's end: the longest frame. */
  static final int BYTES_AFTER = HostPool.CHUNK_SIZE - BYTES_BEFORE;

  /** Copy mode: the kernel copies, wherever the pages are. */
  private static final long ANY_STRETCH = 1L << 62;

  /** What {@link #frameOffset} answers for an address that must not reach the kernel. */
  static final long REFUSED = -1;

  private final long base;
  private final long length;
  private final long poolBase;
  private final long poolLength;
  private final boolean unaligned;

  /** A chunk must lie in one stretch of this many bytes, a power of two. */
  private final long stretch;

  private Umem(long base, long length, HostPool pool, boolean unaligned, long stretch) {
    this.base = base;
    this.length = length;
    this.poolBase = pool.baseAddress();
    this.poolLength = pool.length();
    this.unaligned = unaligned;
    this.stretch = stretch;
  }

  /**
   * The guest's window, or the host pool alone for null.
   *
   * @param zeroCopy whether the NIC itself writes: then it needs each chunk in one piece of
   *     physical memory, and the kernel silently swallows a fill entry whose chunk crosses into
   *     another page
   */
  static Umem of(HostPool pool, @Nullable GuestMemory guest, boolean zeroCopy) {
    return guest == null
        ? new Umem(pool.baseAddress(), pool.length(), pool, false, ANY_STRETCH)
        : new Umem(
            guest.windowBase(),
            guest.windowLength(),
            pool,
            true,
            zeroCopy ? guest.pageSizeMin() : ANY_STRETCH);
  }

  long base() {
    return base;
  }

  long length() {
    return length;
  }

  int registerFlags() {
    return unaligned ? XdpAbi.Xdp.XDP_UMEM_UNALIGNED_CHUNK_FLAG : 0;
  }

  /**
   * Where a frame at a process address lies in the UMEM, or {@link #REFUSED} when its chunk does
   * not lie wholly inside. The pool's own mapping and its alias in the window mean the same bytes;
   * an address in the pool's own mapping means its chunk, where the kernel puts a frame at one
   * place.
   */
  long frameOffset(long frameAddress) {
    long offset = frameAddress - poolBase;
    if (Long.compareUnsigned(offset, poolLength) < 0) {
      offset = offset / HostPool.CHUNK_SIZE * HostPool.CHUNK_SIZE + BYTES_BEFORE;
    } else {
      offset = frameAddress - base;
    }
    if (offset < BYTES_BEFORE || offset > length - BYTES_AFTER) {
      return REFUSED;
    }
    if (!unaligned && (offset - BYTES_BEFORE) % HostPool.CHUNK_SIZE != 0) {
      return REFUSED;
    }
    long chunk = base + offset - BYTES_BEFORE;
    if ((chunk ^ (chunk + HostPool.CHUNK_SIZE - 1)) >= stretch) {
      return REFUSED;
    }
    return offset;
  }

  /** The process address of a frame that the kernel puts into the buffer at this address. */
  long landingAddress(long frameAddress) {
    long offset = frameAddress - poolBase;
    return Long.compareUnsigned(offset, poolLength) < 0
        ? poolBase + offset / HostPool.CHUNK_SIZE * HostPool.CHUNK_SIZE + BYTES_BEFORE
        : frameAddress;
  }

  /**
   * As {@link #frameOffset}, for sending: the frame itself must lie inside, and in the host pool.
   */
  long hostFrameOffset(long frameAddress, int frameLength) {
    long offset = frameAddress - poolBase;
    return offset >= 0 && offset <= poolLength - frameLength ? offset : REFUSED;
  }

  /** The chunk of the host pool that an offset lies in, or -1. */
  int hostChunk(long offset) {
    return Long.compareUnsigned(offset, poolLength) < 0 ? (int) (offset / HostPool.CHUNK_SIZE) : -1;
  }

  /** Where frames can land, for whoever lends buffers. */
  DmaConstraints constraints() {
    return new DmaConstraints(base, base + length, BYTES_BEFORE, BYTES_AFTER, BYTES_AFTER);
  }
}
