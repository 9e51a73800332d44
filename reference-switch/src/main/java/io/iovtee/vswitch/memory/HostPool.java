// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

/**
 * The switch's own frame buffers: chunks of one memfd, so that the same memory can be mapped again
 * beside a guest's regions in a {@link GuestMemory} window.
 *
 * <p>Chunks are identified by index; {@code address(chunk)} is the chunk's start in the pool's own
 * mapping, {@code address + FRAME_OFFSET} is where a frame's first byte lies. The pool is cut into
 * {@link ChunkStack}s, one per owner, at set-up; it has no free list of its own.
 */
public final class HostPool implements AutoCloseable {
  /** Bytes per chunk: the AF_XDP chunk size. */
  public static final int CHUNK_SIZE = 2048;

  /** From the chunk's start to the frame's first byte: AF_XDP's 256 bytes plus headroom 256. */
  public static final int FRAME_OFFSET = 512;

  /** Longest frame in a chunk. */
  public static final int FRAME_LENGTH_MAX = CHUNK_SIZE - FRAME_OFFSET;

  private HostPool() {}

  /**
   * Creates the pool.
   *
   * @param chunks a multiple of 1024 (2 MiB), so that huge pages can carry it
   * @param hugePages whether to try MFD_HUGETLB first; falls back to small pages
   */
  public static HostPool create(int chunks, boolean hugePages) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Whether huge pages carry the pool. */
  public boolean onHugePages() {
    throw new UnsupportedOperationException("not yet");
  }

  /** The memfd, for mapping it again. */
  public int fd() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Start of the pool's own mapping. */
  public long baseAddress() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Bytes. */
  public long length() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Takes {@code count} chunks out of the pool for one owner, for good. Control thread. */
  public ChunkStack slice(int count) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void close() {}
}
