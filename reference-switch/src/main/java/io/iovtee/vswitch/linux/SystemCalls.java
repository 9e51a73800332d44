// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** System calls that libc does not wrap. Each returns its result, or a negative errno. */
final class SystemCalls {
  private static final MethodHandle BPF =
      Native.linkVariadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle IO_SETUP =
      Native.linkVariadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS);
  private static final MethodHandle IO_DESTROY =
      Native.linkVariadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle IO_SUBMIT =
      Native.linkVariadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS);
  private static final long NUMBER_BPF = Native.systemCallNumber(321, 280);
  private static final long NUMBER_IO_SETUP = Native.systemCallNumber(206, 0);
  private static final long NUMBER_IO_DESTROY = Native.systemCallNumber(207, 1);
  private static final long NUMBER_IO_SUBMIT = Native.systemCallNumber(209, 2);

  private SystemCalls() {}

  /** <a href="https://man7.org/linux/man-pages/man2/bpf.2.html">bpf(2)</a>. */
  static int bpf(int command, MemorySegment attr) {
    try {
      MemorySegment capture = Native.capture();
      long result =
          (long) BPF.invokeExact(capture, NUMBER_BPF, command, attr, (int) attr.byteSize());
      return (int) Native.resultOrErrno(capture, result);
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/io_setup.2.html">io_setup(2)</a>. */
  static long io_setup(int events, MemorySegment context) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (long) IO_SETUP.invokeExact(capture, NUMBER_IO_SETUP, events, context));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/io_destroy.2.html">io_destroy(2)</a>. */
  static long io_destroy(long context) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (long) IO_DESTROY.invokeExact(capture, NUMBER_IO_DESTROY, context));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }

  /** <a href="https://man7.org/linux/man-pages/man2/io_submit.2.html">io_submit(2)</a>. */
  static long io_submit(long context, long count, MemorySegment list) {
    try {
      MemorySegment capture = Native.capture();
      return Native.resultOrErrno(
          capture, (long) IO_SUBMIT.invokeExact(capture, NUMBER_IO_SUBMIT, context, count, list));
    } catch (Throwable t) {
      throw Native.unexpected(t);
    }
  }
}
