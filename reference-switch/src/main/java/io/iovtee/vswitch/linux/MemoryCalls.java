// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls on mappings. Each returns its result, or a negative errno. Addresses are plain longs (the
 * same register class as a pointer): they may be guest memory, which no segment should bound.
 */
final class MemoryCalls {
  private static final MethodHandle MMAP =
      Native.link("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MUNMAP = Native.link("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle MADVISE =
      Native.link("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);

  private MemoryCalls() {}

  /** <a href="https://man7.org/linux/man-pages/man2/mmap.2.html">mmap(2)</a>. */
  static long mmap(long address, long length, int protection, int flags, int fd, long offset) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture,
          (long) MMAP.invokeExact(capture, address, length, protection, flags, fd, offset));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/munmap.2.html">munmap(2)</a>. */
  static int munmap(long address, long length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) MUNMAP.invokeExact(capture, address, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/madvise.2.html">madvise(2)</a>. */
  static int madvise(long address, long length, int advice) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) MADVISE.invokeExact(capture, address, length, advice));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }
}
