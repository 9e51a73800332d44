// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import io.iovtee.vswitch.linux.FileAbi.Mapping;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A mapped address range, unmapped exactly once.
 *
 * <p>A range can be reserved without memory behind it ({@link #reserve}) and filled piece by piece;
 * closing unmaps all of it. <b>Any access after {@link #close} kills the JVM</b>, so whoever closes
 * must know that no thread still holds an address.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/mmap.2.html">mmap(2)</a>
 */
public final class Mmap implements AutoCloseable {
  /** Advice for {@link #advise}: fail with an errno where a page cannot be made writable. */
  public static final int POPULATE_WRITE = Mapping.MADV_POPULATE_WRITE;

  /** Advice for {@link #advise}: fail with an errno where a page cannot be read. */
  public static final int POPULATE_READ = Mapping.MADV_POPULATE_READ;

  /** Advice for {@link #advise}: leave the range out of core dumps. */
  public static final int DONTDUMP = Mapping.MADV_DONTDUMP;

  /** Advice for {@link #advise}: do not hand the range to child processes. */
  public static final int DONTFORK = Mapping.MADV_DONTFORK;

  /** Advice for {@link #advise}: back the range with transparent huge pages where possible. */
  public static final int HUGEPAGE = Mapping.MADV_HUGEPAGE;

  /** Smallest page of the processors we support, in bytes. */
  public static final long PAGE_SIZE = 4096;

  private static final int READ_WRITE = Mapping.PROT_READ | Mapping.PROT_WRITE;
  private static final int NO_FD = -1;

  private final long address;
  private final long length;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Mmap(long address, long length) {
    this.address = address;
    this.length = length;
  }

  /**
   * Maps a file for reading and writing, shared.
   *
   * @param offset bytes into the file, a multiple of the file's page size
   * @param length bytes; for hugetlbfs a multiple of the huge page size, or unmapping fails
   * @param populate fault all pages in now
   */
  public static Mmap shared(Fd fd, long offset, long length, boolean populate) {
    int flags = Mapping.MAP_SHARED | (populate ? Mapping.MAP_POPULATE : 0);
    long address = MemoryCalls.mmap(0, length, READ_WRITE, flags, fd.number(), offset);
    Native.check("mmap", address, fd + ", offset=" + offset + ", length=" + length);
    return new Mmap(address, length);
  }

  /** Private zeroed memory of our own, {@code length} bytes. */
  public static Mmap anonymous(long length) {
    int flags = Mapping.MAP_PRIVATE | Mapping.MAP_ANONYMOUS;
    long address = MemoryCalls.mmap(0, length, READ_WRITE, flags, NO_FD, 0);
    Native.check("mmap", address, "anonymous, length=" + length);
    return new Mmap(address, length);
  }

  /**
   * Reserves an address range without memory: every access in it kills the JVM until something is
   * mapped there.
   *
   * @param length bytes, a multiple of {@link #PAGE_SIZE}
   * @param alignment of the first byte: a power of two, at least {@link #PAGE_SIZE}
   */
  public static Mmap reserve(long length, long alignment) {
    if (Long.bitCount(alignment) != 1 || alignment < PAGE_SIZE) {
      throw new IllegalArgumentException(
          "alignment must be a power of two >= " + PAGE_SIZE + ": alignment=" + alignment);
    }
    if (length <= 0 || length % PAGE_SIZE != 0) {
      throw new IllegalArgumentException(
          "length must be a positive multiple of " + PAGE_SIZE + ": length=" + length);
    }
    long slack = alignment - PAGE_SIZE;
    long total = Math.addExact(length, slack);
    int flags = Mapping.MAP_PRIVATE | Mapping.MAP_ANONYMOUS | Mapping.MAP_NORESERVE;
    long start = MemoryCalls.mmap(0, total, Mapping.PROT_NONE, flags, NO_FD, 0);
    Native.check("mmap", start, "reserve length=" + length + ", alignment=" + alignment);
    long aligned = (start + slack) & -alignment;
    unmapPiece(start, aligned - start);
    unmapPiece(aligned + length, start + total - (aligned + length));
    return new Mmap(aligned, length);
  }

  private static void unmapPiece(long address, long length) {
    if (length > 0) {
      Native.check("munmap", MemoryCalls.munmap(address, length), "length=" + length);
    }
  }

  /**
   * Maps a file into this range, replacing what was there.
   *
   * @param position bytes from the start of this range
   * @param fileOffset bytes into the file
   * @param pieceLength bytes
   */
  public void mapShared(long position, Fd fd, long fileOffset, long pieceLength) {
    int flags = Mapping.MAP_SHARED | Mapping.MAP_FIXED;
    long at = pieceAddress(position, pieceLength);
    Native.check(
        "mmap",
        MemoryCalls.mmap(at, pieceLength, READ_WRITE, flags, fd.number(), fileOffset),
        fd + ", offset=" + fileOffset + ", length=" + pieceLength);
  }

  /** Maps private zeroed memory into this range, replacing what was there. */
  public void mapAnonymous(long position, long pieceLength) {
    int flags = Mapping.MAP_PRIVATE | Mapping.MAP_ANONYMOUS | Mapping.MAP_FIXED;
    long at = pieceAddress(position, pieceLength);
    Native.check(
        "mmap",
        MemoryCalls.mmap(at, pieceLength, READ_WRITE, flags, NO_FD, 0),
        "anonymous, length=" + pieceLength);
  }

  /** Takes the memory away from a piece of this range and keeps the addresses reserved. */
  public void unmapToReserved(long position, long pieceLength) {
    int flags =
        Mapping.MAP_PRIVATE | Mapping.MAP_ANONYMOUS | Mapping.MAP_NORESERVE | Mapping.MAP_FIXED;
    long at = pieceAddress(position, pieceLength);
    Native.check(
        "mmap",
        MemoryCalls.mmap(at, pieceLength, Mapping.PROT_NONE, flags, NO_FD, 0),
        "reserve again, length=" + pieceLength);
  }

  /**
   * Gives the kernel advice about a piece of this range.
   *
   * @return 0 or a negative errno: {@code POPULATE_*} answer {@code -EFAULT} or {@code -ENOMEM}
   *     where an access would raise SIGBUS
   * @see <a href="https://man7.org/linux/man-pages/man2/madvise.2.html">madvise(2)</a>
   */
  public int advise(long position, long pieceLength, int advice) {
    return MemoryCalls.madvise(pieceAddress(position, pieceLength), pieceLength, advice);
  }

  private long pieceAddress(long position, long pieceLength) {
    if (closed.get()) {
      throw new IllegalStateException("mapping is closed: " + this);
    }
    if (position < 0 || pieceLength <= 0 || pieceLength > length - position) {
      throw new IllegalArgumentException(
          "piece outside the mapping: position="
              + position
              + ", length="
              + pieceLength
              + ", "
              + this);
    }
    return address + position;
  }

  /** Address of the first byte. */
  public long address() {
    return address;
  }

  /** Bytes. */
  public long length() {
    return length;
  }

  /** The range as a segment, bounded but not guarded: it may be used only until {@link #close}. */
  @SuppressWarnings("restricted")
  public MemorySegment segment() {
    return MemorySegment.ofAddress(address).reinterpret(length);
  }

  public boolean isClosed() {
    return closed.get();
  }

  /**
   * Unmaps the whole range; a second call does nothing.
   *
   * @throws ErrnoException EINVAL when the length is not a multiple of a huge page that lies in it:
   *     the mapping leaks
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      Native.check("munmap", MemoryCalls.munmap(address, length), toString());
    }
  }

  @Override
  public String toString() {
    return "mapping 0x" + Long.toHexString(address) + " + " + length;
  }
}
