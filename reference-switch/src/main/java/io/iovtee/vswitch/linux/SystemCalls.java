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
  private static final long NUMBER_BPF = Native.systemCallNumber(321, 280);

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
}
