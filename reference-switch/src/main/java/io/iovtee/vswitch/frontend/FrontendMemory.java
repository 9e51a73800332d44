// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frontend;

import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.HugePages;

/**
 * One memory region that a front-end shares: a memfd, mapped here, with an address of its own in
 * each of the three address spaces.
 *
 * <p>Pieces are handed out from the start and never taken back one by one; {@link #clear} takes all
 * of them back.
 */
public final class FrontendMemory implements AutoCloseable {
  /** Alignment of pieces, bytes: two cache lines. */
  public static final int ALIGNMENT = 128;

  /**
   * From process address to guest-physical address. Not zero, so that a mix-up of the two is an
   * error and not luck.
   */
  public static final long GUEST_OFFSET = -(1L << 40);

  private final Fd fd;
  private final Mmap mapping;
  private long allocated;

  private FrontendMemory(Fd fd, Mmap mapping) {
    this.fd = fd;
    this.mapping = mapping;
  }

  /**
   * Makes a region, sealed against truncation, all pages present.
   *
   * @param length bytes; rounded up to whole pages
   * @param hugePages use 2 MiB pages
   * @throws FrontendException when there are too few of them, with the command that mends it
   */
  public static FrontendMemory create(long length, boolean hugePages) {
    long page = hugePages ? HugePages.SIZE : Mmap.PAGE_SIZE;
    long rounded = Math.addExact(length, page - 1) & -page;
    try {
      return map(rounded, hugePages);
    } catch (ErrnoException e) {
      if (!hugePages) {
        throw e;
      }
      throw new FrontendException(HugePages.read().explain(rounded / HugePages.SIZE), e);
    }
  }

  private static FrontendMemory map(long rounded, boolean hugePages) {
    Fd fd =
        hugePages
            ? Memfd.createHuge("iovtee-nf", rounded, HugePages.SIZE)
            : Memfd.create("iovtee-nf", rounded);
    try {
      Memfd.addSeals(fd, Memfd.SEAL_SHRINK | Memfd.SEAL_GROW | Memfd.SEAL_SEAL);
      return new FrontendMemory(fd, Mmap.shared(fd, 0, rounded, true));
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /** Takes a piece; returns its process address. Zeroed when the region is new or cleared. */
  public long allocate(long length) {
    long rounded = Math.addExact(length, ALIGNMENT - 1) & -ALIGNMENT;
    if (length <= 0 || rounded > mapping.length() - allocated) {
      throw new FrontendException(
          "region is too small: wanted=%d, free=%d, size=%d"
              .formatted(length, mapping.length() - allocated, mapping.length()));
    }
    long address = mapping.address() + allocated;
    allocated += rounded;
    return address;
  }

  /**
   * Takes all pieces back and zeroes them. Nobody, the back-end included, may use them any more.
   */
  public void clear() {
    mapping.segment().asSlice(0, allocated).fill((byte) 0);
    allocated = 0;
  }

  /** Process address of the first byte; also what SET_VRING_ADDR calls it. */
  public long frontendAddress() {
    return mapping.address();
  }

  /** Guest-physical address of the first byte. */
  public long guestAddress() {
    return guestAddress(mapping.address());
  }

  /** Guest-physical address of a process address: what stands in descriptors. */
  public static long guestAddress(long processAddress) {
    return processAddress + GUEST_OFFSET;
  }

  /** Bytes. */
  public long length() {
    return mapping.length();
  }

  public Fd fd() {
    return fd;
  }

  @Override
  public void close() {
    mapping.close();
    fd.close();
  }
}
