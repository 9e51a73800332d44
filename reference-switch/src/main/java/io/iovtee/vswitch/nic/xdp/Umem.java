// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.api.DmaConstraints;
import io.iovtee.vswitch.linux.XdpAbi;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;

/**
 * The memory that one socket's frames may lie in: the host pool alone, or a guest's window, which
 * begins with an alias of the host pool. Immutable.
 *
 * <pre>
 *   fill entry        256 + headroom         frame offset
 *       ▼                                        ▼
 *       │ kernel's 256 │ headroom 256 or 274     │ frame, at most 1536 or 1518    │
 *       └─────────────────────── chunk of 2048 ──────────────────────────────────┘
 *         not written                              written
 * </pre>
 *
 * <p>With the pool alone, chunks are aligned; with a guest they may begin at any byte, so that the
 * frame starts 12 bytes into the buffer that the guest posted. The headroom is what bounds a frame
 * (xdp_umem_reg in if_xdp.h: the kernel drops what is longer than the rest of the chunk), and a
 * buffer must hold the longest one. Linux's virtio-net driver posts 1530 or 1536 bytes, 12 of them
 * for the virtio-net header: so with a guest it is as large as the interface's MTU allows.
 */
final class Umem {
  /** The longest frame of the pool alone, and where the NIC itself writes, in bytes. */
  static final int FRAME_LENGTH_MAX = HostPool.FRAME_LENGTH_MAX;

  /** The shortest limit: a frame of the usual MTU fits the buffers that Linux guests post. */
  private static final int FRAME_LENGTH_USUAL = 1518;

  /** What a frame has beside the MTU: an Ethernet header and one VLAN tag. */
  private static final int FRAME_OVERHEAD = 18;

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

  /** From a frame's first byte to its chunk's end. */
  private final int frameLengthMax;

  /** From a chunk's first byte to its frame's. */
  private final int bytesBefore;

  private Umem(
      long base, long length, HostPool pool, boolean unaligned, long stretch, int frameLengthMax) {
    this.base = base;
    this.length = length;
    this.poolBase = pool.baseAddress();
    this.poolLength = pool.length();
    this.unaligned = unaligned;
    this.stretch = stretch;
    this.frameLengthMax = frameLengthMax;
    bytesBefore = HostPool.CHUNK_SIZE - frameLengthMax;
  }

  /** The host pool alone. */
  static Umem of(HostPool pool) {
    return new Umem(pool.baseAddress(), pool.length(), pool, false, ANY_STRETCH, FRAME_LENGTH_MAX);
  }

  /**
   * The guest's window.
   *
   * @param zeroCopy whether the NIC itself writes: then it needs each chunk in one piece of
   *     physical memory, and the kernel silently swallows a fill entry whose chunk crosses into
   *     another page. It also writes in steps of 128 bytes, and the kernel refuses to bind with
   *     less than 1526 (xsk_pool_get_rx_frame_size), so frames stay as long as those of the pool
   * @param mtu of the interface, in bytes: no longer frames come, but for one VLAN tag
   */
  static Umem of(HostPool pool, GuestMemory guest, boolean zeroCopy, int mtu) {
    return new Umem(
        guest.windowBase(),
        guest.windowLength(),
        pool,
        true,
        zeroCopy ? guest.pageSizeMin() : ANY_STRETCH,
        zeroCopy
            ? FRAME_LENGTH_MAX
            : Math.clamp(mtu + FRAME_OVERHEAD, FRAME_LENGTH_USUAL, FRAME_LENGTH_MAX));
  }

  long base() {
    return base;
  }

  long length() {
    return length;
  }

  /** Longest frame in bytes; the kernel drops longer ones. */
  int frameLengthMax() {
    return frameLengthMax;
  }

  /** From a chunk's first byte, which a fill entry names, to its frame's, in bytes. */
  int bytesBefore() {
    return bytesBefore;
  }

  /** What the kernel is asked to leave free, beside its own 256 bytes. */
  int headroom() {
    return bytesBefore - XdpAbi.Program.XDP_PACKET_HEADROOM;
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
      offset = offset / HostPool.CHUNK_SIZE * HostPool.CHUNK_SIZE + bytesBefore;
    } else {
      offset = frameAddress - base;
    }
    if (offset < bytesBefore || offset > length - frameLengthMax) {
      return REFUSED;
    }
    if (!unaligned && (offset - bytesBefore) % HostPool.CHUNK_SIZE != 0) {
      return REFUSED;
    }
    long chunk = base + offset - bytesBefore;
    if ((chunk ^ (chunk + HostPool.CHUNK_SIZE - 1)) >= stretch) {
      return REFUSED;
    }
    return offset;
  }

  /** The process address of a frame that the kernel puts into the buffer at this address. */
  long landingAddress(long frameAddress) {
    long offset = frameAddress - poolBase;
    return Long.compareUnsigned(offset, poolLength) < 0
        ? poolBase + offset / HostPool.CHUNK_SIZE * HostPool.CHUNK_SIZE + bytesBefore
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
    return new DmaConstraints(base, base + length, bytesBefore, frameLengthMax, frameLengthMax);
  }
}
