// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/** Numbers of the calls on files, mappings, events and namespaces. */
final class FileAbi {
  private FileAbi() {}

  /** Flags and operations of open, fcntl, memfd_create, eventfd, preadv2. */
  @CConstants(
      header = {
        "fcntl.h",
        "sys/eventfd.h",
        "sys/mman.h",
        "sys/uio.h",
        "linux/falloc.h",
        "linux/memfd.h",
        "sched.h"
      })
  static final class Flags {
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_ACCMODE = 3;
    static final int O_CREAT = 0x40;
    static final int O_NONBLOCK = 0x800;
    static final int O_CLOEXEC = 0x80000;
    static final int F_GETFL = 3;
    static final int F_SETFL = 4;
    static final int F_DUPFD_CLOEXEC = 1030;
    static final int F_ADD_SEALS = 1033;
    static final int F_GET_SEALS = 1034;
    static final int F_SEAL_SEAL = 1;
    static final int F_SEAL_SHRINK = 2;
    static final int F_SEAL_GROW = 4;
    static final int F_SEAL_WRITE = 8;
    static final int F_SEAL_FUTURE_WRITE = 16;
    static final int MFD_CLOEXEC = 1;
    static final int MFD_ALLOW_SEALING = 2;
    static final int MFD_HUGETLB = 4;
    static final int MFD_HUGE_2MB = 21 << 26;
    static final int MFD_HUGE_1GB = 30 << 26;
    static final int EFD_CLOEXEC = 0x80000;
    static final int EFD_NONBLOCK = 0x800;
    static final int RWF_NOWAIT = 8;
    static final int FALLOC_FL_KEEP_SIZE = 1;
    static final int FALLOC_FL_PUNCH_HOLE = 2;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int CLONE_NEWNET = 0x40000000;

    private Flags() {}
  }

  /** Flags of mmap and madvise. */
  @CConstants(header = {"sys/mman.h", "linux/mman.h"})
  static final class Mapping {
    static final int PROT_NONE = 0;
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MAP_FIXED = 0x10;
    static final int MAP_ANONYMOUS = 0x20;
    static final int MAP_NORESERVE = 0x4000;
    static final int MAP_POPULATE = 0x8000;
    static final int MADV_DONTFORK = 10;
    static final int MADV_HUGEPAGE = 14;
    static final int MADV_DONTDUMP = 16;
    static final int MADV_POPULATE_READ = 22;
    static final int MADV_POPULATE_WRITE = 23;

    private Mapping() {}
  }

  /** File types, statx mask and the file systems that may hold shared memory. */
  @CConstants(header = {"linux/stat.h", "linux/magic.h"})
  static final class FileType {
    static final int S_IFMT = 0xf000;
    static final int S_IFREG = 0x8000;
    static final int S_IFSOCK = 0xc000;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final long TMPFS_MAGIC = 0x01021994L;
    static final long HUGETLBFS_MAGIC = 0x958458f6L;

    private FileType() {}
  }

  /**
   * {@code struct statx}, the same on every processor (unlike {@code struct stat}).
   *
   * <pre>
   *  0 mask(4) blksize(4) attributes(8)
   * 16 nlink(4) uid(4) gid(4) mode(2) pad(2)
   * 32 ino(8) size(8) blocks(8) … timestamps …
   * 128 rdev_major(4) rdev_minor(4) dev_major(4) dev_minor(4) … to 256
   * </pre>
   */
  @CStruct(value = "struct statx", header = "linux/stat.h")
  static final class Statx {
    static final int SIZEOF = 256;
    static final int STX_BLKSIZE = 4;
    static final int STX_UID = 20;
    static final int STX_MODE = 28;
    static final int STX_INO = 32;
    static final int STX_SIZE = 40;
    static final int STX_BLOCKS = 48;
    static final int STX_DEV_MAJOR = 136;
    static final int STX_DEV_MINOR = 140;

    private Statx() {}
  }

  /** {@code struct statfs}: {@code f_type(8) f_bsize(8) …}, 120 bytes on 64-bit processors. */
  @CStruct(value = "struct statfs", header = "sys/vfs.h")
  static final class Statfs {
    static final int SIZEOF = 120;
    static final int F_TYPE = 0;
    static final int F_BSIZE = 8;

    private Statfs() {}
  }

  /** {@code struct pollfd}: {@code fd(4) events(2) revents(2)}. */
  @CStruct(value = "struct pollfd", header = "poll.h")
  static final class Pollfd {
    static final int SIZEOF = 8;
    static final int FD = 0;
    static final int EVENTS = 4;
    static final int REVENTS = 6;

    private Pollfd() {}
  }

  /** {@code struct timespec}: {@code tv_sec(8) tv_nsec(8)} on 64-bit processors. */
  @CStruct(value = "struct timespec", header = "time.h")
  static final class Timespec {
    static final int SIZEOF = 16;
    static final int TV_SEC = 0;
    static final int TV_NSEC = 8;

    private Timespec() {}
  }

  /** {@code struct rlimit}: {@code rlim_cur(8) rlim_max(8)}. */
  @CStruct(value = "struct rlimit", header = "sys/resource.h")
  static final class Rlimits {
    static final int SIZEOF = 16;
    static final int RLIM_CUR = 0;
    static final int RLIM_MAX = 8;

    private Rlimits() {}
  }
}
