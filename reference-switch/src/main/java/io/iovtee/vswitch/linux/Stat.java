// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.iovtee.vswitch.linux.FileAbi.FileType;
import io.iovtee.vswitch.linux.FileAbi.Statfs;
import io.iovtee.vswitch.linux.FileAbi.Statx;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What the kernel knows about an open file.
 *
 * <p>{@code statx} and not {@code fstat}: its struct is the same on every processor.
 *
 * @param mode type and permission bits, {@code st_mode}
 * @param size bytes
 * @param blockSize preferred block in bytes; for hugetlbfs the huge page size
 * @param device major and minor number of the file system, major in the upper half
 * @param inode number of the file on that device
 * @param fileSystem magic number, see {@link #TMPFS} and {@link #HUGETLBFS}
 * @see <a href="https://man7.org/linux/man-pages/man2/statx.2.html">statx(2)</a>, <a
 *     href="https://man7.org/linux/man-pages/man2/fstatfs.2.html">fstatfs(2)</a>
 */
public record Stat(int mode, long size, long blockSize, long device, long inode, long fileSystem) {
  /** File system of memfds and of {@code /dev/shm}. */
  public static final long TMPFS = FileType.TMPFS_MAGIC;

  /** File system of huge pages. */
  public static final long HUGETLBFS = FileType.HUGETLBFS_MAGIC;

  /** Asks the kernel about an open file. */
  public static Stat of(Fd fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment statx = arena.allocate(Statx.SIZEOF, 8);
      int result =
          FileCalls.statx(
              fd.number(),
              arena.allocateFrom(""),
              FileAbi.Flags.AT_EMPTY_PATH,
              FileType.STATX_BASIC_STATS,
              statx);
      Native.check("statx", result, fd.toString());
      MemorySegment statfs = arena.allocate(Statfs.SIZEOF, 8);
      Native.check("fstatfs", FileCalls.fstatfs(fd.number(), statfs), fd.toString());
      long major = Integer.toUnsignedLong(statx.get(JAVA_INT, Statx.STX_DEV_MAJOR));
      long minor = Integer.toUnsignedLong(statx.get(JAVA_INT, Statx.STX_DEV_MINOR));
      return new Stat(
          Short.toUnsignedInt(statx.get(JAVA_SHORT, Statx.STX_MODE)),
          statx.get(JAVA_LONG, Statx.STX_SIZE),
          Integer.toUnsignedLong(statx.get(JAVA_INT, Statx.STX_BLKSIZE)),
          major << 32 | minor,
          statx.get(JAVA_LONG, Statx.STX_INO),
          statfs.get(JAVA_LONG, Statfs.F_TYPE));
    }
  }

  public boolean isRegularFile() {
    return (mode & FileType.S_IFMT) == FileType.S_IFREG;
  }

  public boolean isHugetlbfs() {
    return fileSystem == HUGETLBFS;
  }
}
