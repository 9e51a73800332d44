// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Calls on file descriptors. Each returns its result, or a negative errno. */
final class FileCalls {
  private static final MethodHandle OPEN =
      Native.linkVariadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle CLOSE = Native.link("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle READ =
      Native.link("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle WRITE =
      Native.link("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle READV =
      Native.link("readv", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);

  /** The buffer as a number: whoever has only its address needs no segment for it. */
  private static final MethodHandle WRITE_FROM_ADDRESS =
      Native.link("write", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle PREADV2 =
      Native.link("preadv2", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle FCNTL =
      Native.linkVariadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle IOCTL =
      Native.linkVariadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle FTRUNCATE =
      Native.link("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle FALLOCATE =
      Native.link("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle MEMFD_CREATE =
      Native.link("memfd_create", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle EVENTFD = Native.link("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle STATX =
      Native.link("statx", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle FSTATFS = Native.link("fstatfs", JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle POLL =
      Native.link("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

  private static final MethodHandle PPOLL =
      Native.link("ppoll", JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS);

  private FileCalls() {}

  /** <a href="https://man7.org/linux/man-pages/man2/open.2.html">open(2)</a>. */
  static int open(MemorySegment path, int flags, int mode) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) OPEN.invokeExact(capture, path, flags, mode));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/close.2.html">close(2)</a>. */
  static int close(int fd) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) CLOSE.invokeExact(capture, fd));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/read.2.html">read(2)</a>. */
  static long read(int fd, MemorySegment buffer, long length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (long) READ.invokeExact(capture, fd, buffer, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/write.2.html">write(2)</a>. */
  static long write(int fd, MemorySegment buffer, long length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (long) WRITE.invokeExact(capture, fd, buffer, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** As {@link #write(int, MemorySegment, long)}, from memory of ours by its address. */
  static long write(int fd, long address, long length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (long) WRITE_FROM_ADDRESS.invokeExact(capture, fd, address, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/readv.2.html">readv(2)</a>. */
  static long readv(int fd, MemorySegment iovec, int count) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (long) READV.invokeExact(capture, fd, iovec, count));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/preadv2.2.html">preadv2(2)</a>. */
  static long preadv2(int fd, MemorySegment iovec, int count, long offset, int flags) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (long) PREADV2.invokeExact(capture, fd, iovec, count, offset, flags));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/fcntl.2.html">fcntl(2)</a>. */
  static int fcntl(int fd, int operation, int argument) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) FCNTL.invokeExact(capture, fd, operation, argument));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/ioctl.2.html">ioctl(2)</a>. */
  static int ioctl(int fd, long request, MemorySegment argument) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) IOCTL.invokeExact(capture, fd, request, argument));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/ftruncate.2.html">ftruncate(2)</a>. */
  static int ftruncate(int fd, long length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) FTRUNCATE.invokeExact(capture, fd, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/fallocate.2.html">fallocate(2)</a>. */
  static int fallocate(int fd, int mode, long offset, long length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) FALLOCATE.invokeExact(capture, fd, mode, offset, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/memfd_create.2.html">memfd_create(2)</a>. */
  static int memfd_create(MemorySegment name, int flags) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) MEMFD_CREATE.invokeExact(capture, name, flags));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a>. */
  static int eventfd(int initial, int flags) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) EVENTFD.invokeExact(capture, initial, flags));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/statx.2.html">statx(2)</a>. */
  static int statx(int fd, MemorySegment path, int flags, int mask, MemorySegment statx) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) STATX.invokeExact(capture, fd, path, flags, mask, statx));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/fstatfs.2.html">fstatfs(2)</a>. */
  static int fstatfs(int fd, MemorySegment statfs) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) FSTATFS.invokeExact(capture, fd, statfs));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/poll.2.html">poll(2)</a>. */
  static int poll(MemorySegment pollfds, long count, int timeoutMs) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) POLL.invokeExact(capture, pollfds, count, timeoutMs));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/ppoll.2.html">ppoll(2)</a>, no signal mask. */
  static int ppoll(MemorySegment pollfds, long count, MemorySegment timeout) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) PPOLL.invokeExact(capture, pollfds, count, timeout, MemorySegment.NULL));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }
}
