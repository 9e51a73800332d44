// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Mmap;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Several files side by side in one contiguous address range, so that one UMEM covers them all.
 *
 * <pre>
 *  reserved range
 *  ┌───────────┬───────────┬──────────┬──────────┬───────┐
 *  │ unused    │ host pool │ piece    │ piece    │ guard │
 *  │ PROT_NONE │ alias     │ 1 GiB pg │ 4 KiB pg │ page  │
 *  └───────────┴───────────┴──────────┴──────────┴───────┘
 *              ↑ base        ↑ aligned to the largest page of all pieces
 * </pre>
 *
 * The pieces stand in the order of falling page size, so each begins on a multiple of its own page
 * size without a hole: the kernel refuses to pin a hole ({@code XDP_UMEM_REG}: ENOMEM), and filling
 * one in front of a 1 GiB page would cost up to 1 GiB of memory.
 */
final class MemoryWindow implements AutoCloseable {
  /** Attempts at populating a piece that a signal interrupts each time. */
  private static final int POPULATE_ATTEMPTS_MAX = 100;

  private final Mmap range;
  private final long basePosition;
  private final long length;
  private final long[] pieceAddresses;
  private final long pageSizeMin;

  private MemoryWindow(
      Mmap range, long basePosition, long length, long[] pieceAddresses, long pageSizeMin) {
    this.pageSizeMin = pageSizeMin;
    this.range = range;
    this.basePosition = basePosition;
    this.length = length;
    this.pieceAddresses = pieceAddresses;
  }

  /**
   * A part of a file.
   *
   * @param fd the file, only borrowed
   * @param fileOffset bytes, a multiple of {@code pageSize}
   * @param length bytes, a multiple of {@code pageSize}
   * @param pageSize of the file: 4 KiB, or its huge page size
   */
  record Piece(Fd fd, long fileOffset, long length, long pageSize) {}

  /**
   * Maps and populates all pieces.
   *
   * @throws ErrnoException when the kernel cannot; then nothing stays mapped
   */
  static MemoryWindow map(HostPool pool, Piece[] pieces) {
    long pageSizeMax = HostPool.PAGE_SIZE_HUGE;
    long pageSizeMin = pool.onHugePages() ? HostPool.PAGE_SIZE_HUGE : Mmap.PAGE_SIZE;
    long length = pool.length();
    for (Piece piece : pieces) {
      pageSizeMax = Math.max(pageSizeMax, piece.pageSize());
      pageSizeMin = Math.min(pageSizeMin, piece.pageSize());
      length = Math.addExact(length, piece.length());
    }
    long basePosition = Math.floorMod(-pool.length(), pageSizeMax);
    long reserved = Math.addExact(basePosition + Mmap.PAGE_SIZE, length);
    Mmap range = Mmap.reserve(reserved, pageSizeMax);
    try {
      range.mapShared(basePosition, Fd.of(pool.fd(), "host pool"), 0, pool.length());
      long[] addresses = mapPieces(range, basePosition + pool.length(), pieces);
      keepOutOfDumps(range, basePosition, length);
      return new MemoryWindow(range, basePosition, length, addresses, pageSizeMin);
    } catch (RuntimeException e) {
      range.close();
      throw e;
    }
  }

  private static long[] mapPieces(Mmap range, long firstPosition, Piece[] pieces) {
    Integer[] order = new Integer[pieces.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingLong(i -> -pieces[i].pageSize()));
    long[] addresses = new long[pieces.length];
    long position = firstPosition;
    for (int i : order) {
      Piece piece = pieces[i];
      range.mapShared(position, piece.fd(), piece.fileOffset(), piece.length());
      populate(range, position, piece.length(), piece.fd().toString());
      addresses[i] = range.address() + position;
      position += piece.length();
    }
    return addresses;
  }

  /**
   * Brings every page in, now, where a lack of memory is an error code; later it is a SIGBUS.
   *
   * @throws ErrnoException ENOMEM when there are not enough (huge) pages, EFAULT when the file has
   *     become shorter
   */
  static void populate(Mmap range, long position, long length, String what) {
    int result = -Errno.EINTR;
    for (int i = 0; i < POPULATE_ATTEMPTS_MAX && retry(result); i++) {
      result = range.advise(position, length, Mmap.POPULATE_WRITE);
    }
    if (result < 0) {
      throw new ErrnoException(
          "madvise(MADV_POPULATE_WRITE)",
          -result,
          what + ", length=" + length + "; give the machine more memory or huge pages");
    }
  }

  private static boolean retry(int result) {
    return result == -Errno.EINTR || result == -Errno.EAGAIN;
  }

  /** Frames and guest memory belong neither into core files nor into child processes. */
  static void keepOutOfDumps(Mmap range, long position, long length) {
    for (int advice : new int[] {Mmap.DONTDUMP, Mmap.DONTFORK}) {
      int result = range.advise(position, length, advice);
      if (result < 0) {
        throw new ErrnoException("madvise", -result, "advice=" + advice + ", " + range);
      }
    }
  }

  long base() {
    return range.address() + basePosition;
  }

  /** Bytes from {@link #base} to the end of the last piece. */
  long length() {
    return length;
  }

  /** The smallest page of the pool and all pieces. */
  long pageSizeMin() {
    return pageSizeMin;
  }

  /** Where a piece is mapped, by its index in the array that was given. */
  long pieceAddress(int index) {
    return pieceAddresses[index];
  }

  @Override
  public void close() {
    range.close();
  }
}
