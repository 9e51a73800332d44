// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Calls on sockets. Each returns its result, or a negative errno. */
final class SocketCalls {
  private static final MethodHandle SOCKET =
      Native.link("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle SOCKETPAIR =
      Native.link("socketpair", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle BIND =
      Native.link("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle LISTEN = Native.link("listen", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle ACCEPT4 =
      Native.link("accept4", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle CONNECT =
      Native.link("connect", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SHUTDOWN =
      Native.link("shutdown", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle SENDMSG =
      Native.link("sendmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle RECVMSG =
      Native.link("recvmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SENDMMSG =
      Native.link("sendmmsg", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle RECVMMSG =
      Native.link("recvmmsg", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle SENDTO =
      Native.link("sendto", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle RECVFROM =
      Native.link("recvfrom", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle GETSOCKOPT =
      Native.link("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle SETSOCKOPT =
      Native.link("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle GETSOCKNAME =
      Native.link("getsockname", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle IF_NAMETOINDEX =
      Native.link("if_nametoindex", JAVA_INT, ADDRESS);

  private SocketCalls() {}

  /** <a href="https://man7.org/linux/man-pages/man2/socket.2.html">socket(2)</a>. */
  static int socket(int domain, int type, int protocol) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) SOCKET.invokeExact(capture, domain, type, protocol));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/socketpair.2.html">socketpair(2)</a>. */
  static int socketpair(int domain, int type, int protocol, MemorySegment fds) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) SOCKETPAIR.invokeExact(capture, domain, type, protocol, fds));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/bind.2.html">bind(2)</a>. */
  static int bind(int fd, MemorySegment address, int length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) BIND.invokeExact(capture, fd, address, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/listen.2.html">listen(2)</a>. */
  static int listen(int fd, int backlog) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) LISTEN.invokeExact(capture, fd, backlog));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/accept4.2.html">accept4(2)</a>. */
  static int accept4(int fd, MemorySegment address, MemorySegment length, int flags) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) ACCEPT4.invokeExact(capture, fd, address, length, flags));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/connect.2.html">connect(2)</a>. */
  static int connect(int fd, MemorySegment address, int length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) CONNECT.invokeExact(capture, fd, address, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/shutdown.2.html">shutdown(2)</a>. */
  static int shutdown(int fd, int how) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) SHUTDOWN.invokeExact(capture, fd, how));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/sendmsg.2.html">sendmsg(2)</a>. */
  static long sendmsg(int fd, MemorySegment message, int flags) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (long) SENDMSG.invokeExact(capture, fd, message, flags));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/recvmsg.2.html">recvmsg(2)</a>. */
  static long recvmsg(int fd, MemorySegment message, int flags) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (long) RECVMSG.invokeExact(capture, fd, message, flags));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/sendmmsg.2.html">sendmmsg(2)</a>. */
  static int sendmmsg(int fd, MemorySegment messages, int count, int flags) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) SENDMMSG.invokeExact(capture, fd, messages, count, flags));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/recvmmsg.2.html">recvmmsg(2)</a>. */
  static int recvmmsg(int fd, MemorySegment messages, int count, int flags, MemorySegment timeout) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) RECVMMSG.invokeExact(capture, fd, messages, count, flags, timeout));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/sendto.2.html">sendto(2)</a>. */
  static long sendto(
      int fd,
      MemorySegment buffer,
      long length,
      int flags,
      MemorySegment address,
      int addressLength) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture,
          (long) SENDTO.invokeExact(capture, fd, buffer, length, flags, address, addressLength));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/recvfrom.2.html">recvfrom(2)</a>. */
  static long recvfrom(
      int fd,
      MemorySegment buffer,
      long length,
      int flags,
      MemorySegment address,
      MemorySegment addressLength) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture,
          (long) RECVFROM.invokeExact(capture, fd, buffer, length, flags, address, addressLength));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/getsockopt.2.html">getsockopt(2)</a>. */
  static int getsockopt(int fd, int level, int option, MemorySegment value, MemorySegment length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) GETSOCKOPT.invokeExact(capture, fd, level, option, value, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/setsockopt.2.html">setsockopt(2)</a>. */
  static int setsockopt(int fd, int level, int option, MemorySegment value, int length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) SETSOCKOPT.invokeExact(capture, fd, level, option, value, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/getsockname.2.html">getsockname(2)</a>. */
  static int getsockname(int fd, MemorySegment address, MemorySegment length) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) GETSOCKNAME.invokeExact(capture, fd, address, length));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /**
   * <a href="https://man7.org/linux/man-pages/man3/if_nametoindex.3.html">if_nametoindex(3)</a>.
   * Zero (not -1) on failure.
   */
  static int if_nametoindex(MemorySegment name) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) IF_NAMETOINDEX.invokeExact(capture, name));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }
}
