// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.Stat;
import io.iovtee.vswitch.memory.GuestMemory.RegionRequest;
import java.util.List;

/**
 * What must hold before a guest's memory table is mapped. The guest chose every number and every
 * file in it.
 *
 * <p>The kernel is no check: mapping hugetlb beyond the end of its file makes the file grow at the
 * host's expense, {@code /dev/zero} maps without sharing anything, and the pages of a FUSE file are
 * served by whoever wrote its server.
 */
final class RegionCheck {
  /** Regions of one table: the limit of SET_MEM_TABLE, VHOST_MEMORY_BASELINE_NREGIONS. */
  static final int REGION_COUNT_MAX = 8;

  private final String owner;
  private final List<RegionRequest> table;

  RegionCheck(String owner, List<RegionRequest> table) {
    this.owner = owner;
    this.table = table;
  }

  /** Checks the numbers: counts, sizes, wraps, overlaps. Looks at no file. */
  void checkTable(long sizeMax) {
    if (table.isEmpty() || table.size() > REGION_COUNT_MAX) {
      throw new GuestMemoryException(
          "memory table must have 1 to %d regions: regions=%d, port=%s"
              .formatted(REGION_COUNT_MAX, table.size(), owner));
    }
    long total = 0;
    for (int i = 0; i < table.size(); i++) {
      RegionRequest region = table.get(i);
      checkRegion(i, region, sizeMax);
      if (region.size() > sizeMax - total) {
        throw refused(i, "memory is larger than this port may have, limit=" + sizeMax);
      }
      total += region.size();
      for (int j = 0; j < i; j++) {
        checkOverlap(j, i, table.get(j), region);
      }
    }
  }

  private void checkRegion(int index, RegionRequest region, long sizeMax) {
    // Sizes of 2^63 and more show as negative here.
    if (region.size() <= 0 || region.size() > sizeMax) {
      throw refused(index, "size must be 1 to " + sizeMax);
    }
    if (wraps(region.guestAddress(), region.size())) {
      throw refused(index, "guest address + size wraps");
    }
    if (wraps(region.frontendAddress(), region.size())) {
      throw refused(index, "front-end address + size wraps");
    }
    if (region.mmapOffset() < 0 || region.mmapOffset() > Long.MAX_VALUE - region.size()) {
      throw refused(index, "mmap offset + size wraps");
    }
    if (region.mmapOffset() % Mmap.PAGE_SIZE != 0) {
      throw refused(index, "mmap offset must be a multiple of " + Mmap.PAGE_SIZE);
    }
  }

  private static boolean wraps(long first, long size) {
    return Long.compareUnsigned(first + (size - 1), first) < 0;
  }

  private void checkOverlap(int earlier, int index, RegionRequest a, RegionRequest b) {
    if (overlaps(a.guestAddress(), a.size(), b.guestAddress(), b.size())) {
      throw refused(index, "guest addresses overlap region " + earlier);
    }
    if (overlaps(a.frontendAddress(), a.size(), b.frontendAddress(), b.size())) {
      throw refused(index, "front-end addresses overlap region " + earlier);
    }
  }

  private static boolean overlaps(long a, long aSize, long b, long bSize) {
    return Long.compareUnsigned(a, b + (bSize - 1)) <= 0
        && Long.compareUnsigned(b, a + (aSize - 1)) <= 0;
  }

  /**
   * Checks a region's file and says which part of it to map.
   *
   * @param stat what the kernel said about the file, just before it is mapped
   */
  MemoryWindow.Piece checkFile(int index, Fd fd, Stat stat) {
    RegionRequest region = table.get(index);
    if (!stat.isRegularFile()) {
      throw refused(index, "not a regular file, mode=0" + Integer.toOctalString(stat.mode()));
    }
    if (stat.fileSystem() != Stat.TMPFS && stat.fileSystem() != Stat.HUGETLBFS) {
      throw refused(
          index,
          "file must be on tmpfs (memfd, /dev/shm) or hugetlbfs, file system=0x"
              + Long.toHexString(stat.fileSystem()));
    }
    if (!isReadWrite(fd)) {
      throw refused(index, "file is not open for reading and writing");
    }
    long end = region.mmapOffset() + region.size();
    if (stat.size() < end) {
      throw refused(index, "file ends before the region, file size=" + stat.size());
    }
    long pageSize = pageSize(stat);
    long mapStart = region.mmapOffset() & -pageSize;
    long mapEnd = Math.addExact(end, pageSize - 1) & -pageSize;
    // A hugetlb file that ends inside a page would grow by being mapped.
    if (stat.isHugetlbfs() && mapEnd > stat.size()) {
      throw refused(index, "file ends inside a huge page, file size=" + stat.size());
    }
    return new MemoryWindow.Piece(fd, mapStart, mapEnd - mapStart, pageSize);
  }

  private static boolean isReadWrite(Fd fd) {
    try {
      return fd.isReadWrite();
    } catch (ErrnoException e) {
      return false;
    }
  }

  /** Only hugetlbfs maps in its block size; tmpfs may report a transparent huge page's. */
  static long pageSize(Stat stat) {
    return stat.isHugetlbfs() ? stat.blockSize() : Mmap.PAGE_SIZE;
  }

  GuestMemoryException refused(int index, String rule) {
    return new GuestMemoryException(message(index, rule));
  }

  GuestMemoryException refused(int index, String rule, Throwable cause) {
    return new GuestMemoryException(message(index, rule), cause);
  }

  private String message(int index, String rule) {
    RegionRequest region = table.get(index);
    return ("%s: region=%d, guestAddress=0x%x, size=0x%x, frontendAddress=0x%x, "
            + "mmapOffset=0x%x, port=%s")
        .formatted(
            rule,
            index,
            region.guestAddress(),
            region.size(),
            region.frontendAddress(),
            region.mmapOffset(),
            owner);
  }
}
