// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.Stat;
import io.iovtee.vswitch.memory.FileRegister.FileId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One guest's memory as a vhost-user memory table gave it: immutable, checked, mapped. A new table
 * makes a new object; the old one is closed only after every poll loop has acknowledged that it no
 * longer uses it (an access after unmapping ends the JVM).
 *
 * <p>All regions lie in one reserved address range, the <em>window</em>: [host pool alias ‖
 * regions], without holes, so that one UMEM can cover both the switch's own chunks and the guest's
 * buffers. The host pool's chunk {@code c} appears at {@code windowBase() + c * CHUNK_SIZE}.
 */
public final class GuestMemory implements AutoCloseable {
  /** What translation answers for an address range that is in no single region. */
  public static final long NOT_MAPPED = 0;

  private final MemoryRegion[] regions;
  private final @Nullable MemoryWindow window;
  private final List<FileId> claimed;
  private final boolean shrinkSealed;
  private final AtomicBoolean closed = new AtomicBoolean();

  private GuestMemory(
      MemoryRegion[] regions,
      @Nullable MemoryWindow window,
      List<FileId> claimed,
      boolean shrinkSealed) {
    this.regions = regions;
    this.window = window;
    this.claimed = claimed;
    this.shrinkSealed = shrinkSealed;
  }

  /**
   * One row of SET_MEM_TABLE with its file descriptor (owned by the caller, may be closed after).
   */
  public record RegionRequest(
      long guestAddress, long size, long frontendAddress, long mmapOffset, int fd) {}

  /**
   * Checks and maps a table, and brings all of its pages in.
   *
   * @param owner the port's name, for the register of files in use and for messages
   * @param sizeMax limit for the sum of all regions, bytes
   * @throws GuestMemoryException with what is wrong; then nothing stays mapped
   */
  public static GuestMemory map(
      String owner, List<RegionRequest> table, HostPool pool, long sizeMax) {
    return map(owner, table, pool, sizeMax, false);
  }

  /**
   * As {@link #map(String, List, HostPool, long)}.
   *
   * @param mayShareFiles whether another port may have mapped the same file; then the two guests
   *     can read and write each other's frames
   */
  public static GuestMemory map(
      String owner, List<RegionRequest> table, HostPool pool, long sizeMax, boolean mayShareFiles) {
    RegionCheck check = new RegionCheck(owner, table);
    check.checkTable(sizeMax);
    List<FileId> claimed = new ArrayList<>();
    try {
      MemoryWindow.Piece[] pieces = new MemoryWindow.Piece[table.size()];
      boolean sealed = true;
      for (int i = 0; i < pieces.length; i++) {
        Fd fd = borrow(check, i, table.get(i).fd());
        Stat stat = stat(check, i, fd);
        pieces[i] = check.checkFile(i, fd, stat);
        sealed &= (Memfd.seals(fd) & Memfd.SEAL_SHRINK) != 0;
        if (!mayShareFiles) {
          claim(check, i, owner, FileId.of(stat), claimed);
        }
      }
      MemoryWindow window = mapWindow(owner, pool, pieces);
      return new GuestMemory(regions(table, pieces, window), window, claimed, sealed);
    } catch (RuntimeException e) {
      claimed.forEach(FileRegister.PROCESS::release);
      throw e;
    }
  }

  private static Fd borrow(RegionCheck check, int index, int number) {
    if (number < 0) {
      throw check.refused(index, "region came without a file descriptor");
    }
    return Fd.of(number, "region " + index);
  }

  private static Stat stat(RegionCheck check, int index, Fd fd) {
    try {
      return Stat.of(fd);
    } catch (ErrnoException e) {
      throw check.refused(index, "file cannot be examined, " + e.getMessage(), e);
    }
  }

  private static void claim(
      RegionCheck check, int index, String owner, FileId file, List<FileId> claimed) {
    @Nullable String other = FileRegister.PROCESS.claim(file, owner);
    if (other != null) {
      throw check.refused(
          index, "file is the memory of port " + other + " too; give each guest files of its own");
    }
    claimed.add(file);
  }

  private static MemoryWindow mapWindow(String owner, HostPool pool, MemoryWindow.Piece[] pieces) {
    try {
      return MemoryWindow.map(pool, pieces);
    } catch (ErrnoException e) {
      throw new GuestMemoryException(
          "memory cannot be mapped, " + e.getMessage() + ", port=" + owner, e);
    }
  }

  private static MemoryRegion[] regions(
      List<RegionRequest> table, MemoryWindow.Piece[] pieces, MemoryWindow window) {
    MemoryRegion[] regions = new MemoryRegion[pieces.length];
    for (int i = 0; i < regions.length; i++) {
      RegionRequest row = table.get(i);
      long host = window.pieceAddress(i) + (row.mmapOffset() - pieces[i].fileOffset());
      regions[i] =
          new MemoryRegion(
              row.guestAddress(), row.size(), row.frontendAddress(), row.mmapOffset(), host);
    }
    return regions;
  }

  /**
   * A table over memory that the caller mapped and keeps mapped, in order of host addresses;
   * closing it does nothing. For tests, and for rings between two sides of one process.
   */
  public static GuestMemory ofMapped(List<MemoryRegion> mapped) {
    return new GuestMemory(mapped.toArray(new MemoryRegion[0]), null, List.of(), true);
  }

  /** The regions, in the table's order. */
  public List<MemoryRegion> regions() {
    return List.of(regions);
  }

  /** Start of the window. */
  public long windowBase() {
    return window == null ? regions[0].hostAddress() : window.base();
  }

  /** Bytes of the window: pool alias and all regions. */
  public long windowLength() {
    if (window != null) {
      return window.length();
    }
    MemoryRegion last = regions[regions.length - 1];
    return last.hostAddress() + last.size() - windowBase();
  }

  /**
   * The smallest page that carries a part of the window, in bytes: physical memory is in one piece
   * within each such page.
   */
  public long pageSizeMin() {
    return window == null ? Mmap.PAGE_SIZE : window.pageSizeMin();
  }

  /**
   * Whether no file of this memory can be made shorter any more (F_SEAL_SHRINK). Without it the
   * guest can make our accesses fault; with it, it still can punch a hole.
   */
  public boolean shrinkSealed() {
    return shrinkSealed;
  }

  /**
   * Host address of a guest-physical range, or {@link #NOT_MAPPED} unless all of it lies in one
   * region. Safe for any input: no sum here can wrap into a false yes.
   *
   * @param length 1 or more; 0 and negative are never mapped
   */
  public long translateGuest(long guestAddress, long length) {
    for (MemoryRegion region : regions) {
      long offset = guestAddress - region.guestAddress();
      if (Long.compareUnsigned(offset, region.size()) < 0
          && length > 0
          && length <= region.size() - offset) {
        return region.hostAddress() + offset;
      }
    }
    return NOT_MAPPED;
  }

  /** As {@link #translateGuest}, for an address of the front-end's own address space. */
  public long translateFrontend(long frontendAddress, long length) {
    for (MemoryRegion region : regions) {
      long offset = frontendAddress - region.frontendAddress();
      if (Long.compareUnsigned(offset, region.size()) < 0
          && length > 0
          && length <= region.size() - offset) {
        return region.hostAddress() + offset;
      }
    }
    return NOT_MAPPED;
  }

  /** Unmaps the window. Control or session thread, after every loop let go. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      if (window != null) {
        window.close();
      }
      claimed.forEach(FileRegister.PROCESS::release);
    }
  }
}
