// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.memory;

import java.util.List;

/**
 * One guest's memory as a vhost-user memory table gave it: immutable, checked, mapped. A new table
 * makes a new object; the old one is closed only after every poll loop has acknowledged that it no
 * longer uses it (an access after unmapping ends the JVM).
 *
 * <p>All regions lie in one reserved address range, the <em>window</em>: [host pool alias ‖ region
 * 0 ‖ region 1 …], without holes (anonymous filler where alignment leaves some), so that one UMEM
 * can cover both the switch's own chunks and the guest's buffers. The host pool's chunk {@code c}
 * appears at {@code windowBase() + c * CHUNK_SIZE}.
 */
public final class GuestMemory implements AutoCloseable {
  /** What translation answers for an address range that is in no single region. */
  public static final long NOT_MAPPED = 0;

  private final MemoryRegion[] regions;

  private GuestMemory(MemoryRegion[] regions) {
    this.regions = regions;
  }

  /**
   * One row of SET_MEM_TABLE with its file descriptor (owned by the caller, may be closed after).
   */
  public record RegionRequest(
      long guestAddress, long size, long frontendAddress, long mmapOffset, int fd) {}

  /**
   * Checks and maps a table. See the reliability checklist M22 to M29 for what is refused.
   *
   * @param owner the port's name, for the register of files in use and for messages
   * @param sizeMax limit for the sum of all regions, bytes
   * @throws GuestMemoryException with what is wrong; then nothing stays mapped
   */
  public static GuestMemory map(
      String owner, List<RegionRequest> table, HostPool pool, long sizeMax) {
    throw new UnsupportedOperationException("not yet");
  }

  public List<MemoryRegion> regions() {
    return List.of(regions);
  }

  /** Start of the window. */
  public long windowBase() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Bytes of the window: pool alias and all regions. */
  public long windowLength() {
    throw new UnsupportedOperationException("not yet");
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
  public void close() {}
}
