// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import io.iovtee.vswitch.linux.FileAbi.Flags;
import java.lang.foreign.Arena;

/**
 * Memory that can be shared by passing a descriptor.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/memfd_create.2.html">memfd_create(2)</a>
 */
public final class Memfd {
  /** Nobody may add seals any more. */
  public static final int SEAL_SEAL = Flags.F_SEAL_SEAL;

  /** The file cannot be truncated. A hole can still be punched. */
  public static final int SEAL_SHRINK = Flags.F_SEAL_SHRINK;

  /** The file cannot grow (a hugetlb mapping beyond its end still makes it grow). */
  public static final int SEAL_GROW = Flags.F_SEAL_GROW;

  private Memfd() {}

  /** A file of ordinary pages that allows sealing, {@code length} bytes, zeroed. */
  public static Fd create(String name, long length) {
    return create(name, length, Flags.MFD_ALLOW_SEALING);
  }

  /**
   * A file of huge pages, taken from the pool when they are first touched.
   *
   * @param length bytes, a multiple of the page size
   * @param pageSize 2 MiB or 1 GiB
   * @throws ErrnoException where the kernel has no such page size
   */
  public static Fd createHuge(String name, long length, long pageSize) {
    int size =
        switch ((int) (pageSize >>> 20)) {
          case 2 -> Flags.MFD_HUGE_2MB;
          case 1024 -> Flags.MFD_HUGE_1GB;
          default ->
              throw new IllegalArgumentException(
                  "huge page size must be 2 MiB or 1 GiB: bytes=" + pageSize);
        };
    return create(name, length, Flags.MFD_ALLOW_SEALING | Flags.MFD_HUGETLB | size);
  }

  private static Fd create(String name, long length, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      int number = FileCalls.memfd_create(arena.allocateFrom(name), flags | Flags.MFD_CLOEXEC);
      Fd fd = Fd.of(Native.check("memfd_create", number, "name=" + name), "memfd " + name);
      try {
        truncate(fd, length);
        return fd;
      } catch (RuntimeException e) {
        fd.close();
        throw e;
      }
    }
  }

  /**
   * Sets the file's length in bytes.
   *
   * @see <a href="https://man7.org/linux/man-pages/man2/ftruncate.2.html">ftruncate(2)</a>
   */
  public static void truncate(Fd fd, long length) {
    Native.check("ftruncate", FileCalls.ftruncate(fd.number(), length), fd + ", length=" + length);
  }

  /**
   * Gives the pages of a part of the file back; they read as zero afterwards, or fault.
   *
   * @see <a href="https://man7.org/linux/man-pages/man2/fallocate.2.html">fallocate(2)</a>
   */
  public static void punchHole(Fd fd, long offset, long length) {
    int mode = Flags.FALLOC_FL_PUNCH_HOLE | Flags.FALLOC_FL_KEEP_SIZE;
    Native.check("fallocate", FileCalls.fallocate(fd.number(), mode, offset, length), "" + fd);
  }

  /** Adds seals, any of {@code SEAL_*}. */
  public static void addSeals(Fd fd, int seals) {
    Native.check(
        "fcntl(F_ADD_SEALS)",
        FileCalls.fcntl(fd.number(), Flags.F_ADD_SEALS, seals),
        fd + ", seals=" + seals);
  }

  /**
   * The seals of a file: any of {@code SEAL_*}. Only {@link #SEAL_SEAL} means that it has none and
   * cannot get any (DPDK's files); 0 also where the file system knows no seals.
   */
  public static int seals(Fd fd) {
    int seals = FileCalls.fcntl(fd.number(), Flags.F_GET_SEALS, 0);
    return seals == -Errno.EINVAL ? 0 : Native.check("fcntl(F_GET_SEALS)", seals, "" + fd);
  }
}
