// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Calls on the thread, the process and its namespaces. Each returns its result, or a negative
 * errno.
 */
final class ProcessCalls {
  private static final MethodHandle GETTID = Native.link("gettid", JAVA_INT);
  private static final MethodHandle SCHED_SETAFFINITY =
      Native.link("sched_setaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle SCHED_GETAFFINITY =
      Native.link("sched_getaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle SCHED_SETSCHEDULER =
      Native.link("sched_setscheduler", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle PRCTL =
      Native.linkVariadic(
          "prctl", 1, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SETNS = Native.link("setns", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle UNSHARE = Native.link("unshare", JAVA_INT, JAVA_INT);
  private static final MethodHandle GETRLIMIT =
      Native.link("getrlimit", JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle SETRLIMIT =
      Native.link("setrlimit", JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle CAPGET = Native.link("capget", JAVA_INT, ADDRESS, ADDRESS);

  private ProcessCalls() {}

  /** <a href="https://man7.org/linux/man-pages/man2/gettid.2.html">gettid(2)</a>. */
  static int gettid() {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) GETTID.invokeExact(capture));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /**
   * <a
   * href="https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html">sched_setaffinity(2)</a>.
   */
  static int sched_setaffinity(int tid, long length, MemorySegment mask) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) SCHED_SETAFFINITY.invokeExact(capture, tid, length, mask));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /**
   * <a
   * href="https://man7.org/linux/man-pages/man2/sched_getaffinity.2.html">sched_getaffinity(2)</a>.
   */
  static int sched_getaffinity(int tid, long length, MemorySegment mask) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) SCHED_GETAFFINITY.invokeExact(capture, tid, length, mask));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /**
   * <a
   * href="https://man7.org/linux/man-pages/man2/sched_setscheduler.2.html">sched_setscheduler(2)</a>.
   */
  static int sched_setscheduler(int tid, int policy, MemorySegment parameters) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (int) SCHED_SETSCHEDULER.invokeExact(capture, tid, policy, parameters));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/prctl.2.html">prctl(2)</a>. */
  static int prctl(int operation, long argument2, long argument3, long argument4, long argument5) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture,
          (int) PRCTL.invokeExact(capture, operation, argument2, argument3, argument4, argument5));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/setns.2.html">setns(2)</a>. */
  static int setns(int fd, int type) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) SETNS.invokeExact(capture, fd, type));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/unshare.2.html">unshare(2)</a>. */
  static int unshare(int flags) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) UNSHARE.invokeExact(capture, flags));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/getrlimit.2.html">getrlimit(2)</a>. */
  static int getrlimit(int resource, MemorySegment limit) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) GETRLIMIT.invokeExact(capture, resource, limit));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/getrlimit.2.html">setrlimit(2)</a>. */
  static int setrlimit(int resource, MemorySegment limit) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) SETRLIMIT.invokeExact(capture, resource, limit));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/capget.2.html">capget(2)</a>. */
  static int capget(MemorySegment header, MemorySegment data) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(capture, (int) CAPGET.invokeExact(capture, header, data));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }
}
