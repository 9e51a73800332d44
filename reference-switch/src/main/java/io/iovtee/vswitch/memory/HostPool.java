// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;

/**
 * The switch's own frame buffers: chunks of one memfd, so that the same memory can be mapped again
 * beside a guest's regions in a {@link GuestMemory} window.
 *
 * <p>Chunks are identified by index; {@code address(chunk)} is the chunk's start in the pool's own
 * mapping, {@code address + FRAME_OFFSET} is where a frame's first byte lies at last. The pool is
 * cut into {@link ChunkStack}s, one per owner, at set-up; it has no free list of its own.
 */
public final class HostPool implements AutoCloseable {
  /** Bytes per chunk: the AF_XDP chunk size. */
  public static final int CHUNK_SIZE = 2048;

  /**
   * From the chunk's start to the first byte of a frame that AF_XDP writes: its 256 bytes plus
   * headroom 256. No frame starts behind it; see {@link ChunkStack#frameAddress}.
   */
  public static final int FRAME_OFFSET = 512;

  /** Longest frame in a chunk. */
  public static final int FRAME_LENGTH_MAX = CHUNK_SIZE - FRAME_OFFSET;

  /** The pool's size is a multiple of this, so that huge pages can carry it. */
  static final long PAGE_SIZE_HUGE = 2L << 20;

  /** Chunks in one huge page; {@link #create} wants a multiple. */
  static final int CHUNK_MULTIPLE = (int) (PAGE_SIZE_HUGE / CHUNK_SIZE);

  /** 8 GiB: more frame buffers than any ring set-up needs, and all offsets stay small. */
  static final int CHUNK_COUNT_MAX = 4 << 20;

  /** The memfd's name in {@code /proc/self/maps}. */
  private static final String NAME = "iovtee-pool";

  private final Fd fd;
  private final Mmap mapping;
  private final boolean onHugePages;
  private final int chunks;
  private int slicedChunks;

  private HostPool(Fd fd, Mmap mapping, boolean onHugePages, int chunks) {
    this.fd = fd;
    this.mapping = mapping;
    this.onHugePages = onHugePages;
    this.chunks = chunks;
  }

  /**
   * Creates the pool. All its pages are there when this returns.
   *
   * @param chunks a multiple of 1024 (2 MiB), so that huge pages can carry it
   * @param hugePages whether to try MFD_HUGETLB first; falls back to small pages
   */
  public static HostPool create(int chunks, boolean hugePages) {
    return create(chunks, hugePages ? PAGE_SIZE_HUGE : 0);
  }

  /** As above, with the huge pages' size; 0 for small pages. */
  static HostPool create(int chunks, long hugePageSize) {
    if (chunks <= 0 || chunks % CHUNK_MULTIPLE != 0 || chunks > CHUNK_COUNT_MAX) {
      throw new IllegalArgumentException(
          "pool must have a multiple of %d chunks, at most %d: chunks=%d"
              .formatted(CHUNK_MULTIPLE, CHUNK_COUNT_MAX, chunks));
    }
    long length = (long) chunks * CHUNK_SIZE;
    if (hugePageSize != 0) {
      try {
        return map(chunks, Memfd.createHuge(NAME, length, hugePageSize), true);
      } catch (ErrnoException e) {
        // No huge pages reserved, or not enough of them: small pages do, onHugePages() tells.
      }
    }
    return map(chunks, Memfd.create(NAME, length), false);
  }

  private static HostPool map(int chunks, Fd fd, boolean huge) {
    long length = (long) chunks * CHUNK_SIZE;
    Mmap mapping = null;
    try {
      Memfd.addSeals(fd, Memfd.SEAL_SHRINK | Memfd.SEAL_GROW | Memfd.SEAL_SEAL);
      mapping = Mmap.reserve(length, PAGE_SIZE_HUGE);
      mapping.mapShared(0, fd, 0, length);
      MemoryWindow.populate(mapping, 0, length, "pool of " + chunks + " chunks");
      MemoryWindow.keepOutOfDumps(mapping, 0, length);
      return new HostPool(fd, mapping, huge, chunks);
    } catch (RuntimeException e) {
      if (mapping != null) {
        mapping.close();
      }
      fd.close();
      throw e;
    }
  }

  /** Whether huge pages carry the pool. */
  public boolean onHugePages() {
    return onHugePages;
  }

  /** The memfd, for mapping it again. */
  public int fd() {
    return fd.number();
  }

  /** Start of the pool's own mapping. */
  public long baseAddress() {
    return mapping.address();
  }

  /** Bytes. */
  public long length() {
    return mapping.length();
  }

  /** All chunks, sliced or not. */
  public int chunks() {
    return chunks;
  }

  /** Takes {@code count} chunks out of the pool for one owner, for good. Control thread. */
  public ChunkStack slice(int count) {
    if (count <= 0 || count > chunks - slicedChunks) {
      throw new IllegalStateException(
          "host pool is too small, give it more chunks: wanted=%d, left=%d, chunks=%d"
              .formatted(count, chunks - slicedChunks, chunks));
    }
    ChunkStack slice = new ChunkStack(baseAddress(), slicedChunks, count);
    slicedChunks += count;
    return slice;
  }

  /** Unmaps the pool. Windows that alias it keep its memory alive; nothing else may use it. */
  @Override
  public void close() {
    mapping.close();
    fd.close();
  }
}
