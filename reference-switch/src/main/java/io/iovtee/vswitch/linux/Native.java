// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** How this package links to libc and reads errno. Everything else here goes through it. */
@SuppressWarnings("restricted")
final class Native {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBC = LINKER.defaultLookup();
  private static final Linker.Option CAPTURE_ERRNO = Linker.Option.captureCallState("errno");
  private static final VarHandle ERRNO =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  /** One capture segment per thread: a shared one would let two threads read each other's errno. */
  private static final ThreadLocal<MemorySegment> CAPTURE =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

  /** Longest text that {@code strerror} returns, glibc's longest is about 50 bytes. */
  private static final int STRERROR_LENGTH_MAX = 256;

  private static final MethodHandle STRERROR =
      LINKER.downcallHandle(LIBC.findOrThrow("strerror"), FunctionDescriptor.of(ADDRESS, JAVA_INT));

  private Native() {}

  /** Links a libc function; the handle's first argument is {@link #capture()}. */
  static MethodHandle link(String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LIBC.findOrThrow(name), FunctionDescriptor.of(result, arguments), CAPTURE_ERRNO);
  }

  /**
   * Links a variadic libc function.
   *
   * @param fixed how many of the arguments stand before the {@code ...}
   */
  static MethodHandle linkVariadic(
      String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LIBC.findOrThrow(name),
        FunctionDescriptor.of(result, arguments),
        CAPTURE_ERRNO,
        Linker.Option.firstVariadicArg(fixed));
  }

  /** The calling thread's capture segment. */
  static MemorySegment capture() {
    return CAPTURE.get();
  }

  /** {@code result}, or the negative errno where it is -1. */
  static int resultOrErrno(MemorySegment capture, int result) {
    return result == -1 ? -(int) ERRNO.get(capture, 0L) : result;
  }

  /**
   * {@code result}, or the negative errno where it is -1 (also for addresses: MAP_FAILED is -1).
   */
  static long resultOrErrno(MemorySegment capture, long result) {
    return result == -1L ? -(int) ERRNO.get(capture, 0L) : result;
  }

  /** Returns {@code result} when it is not negative, otherwise throws. */
  static int check(String call, int result, String detail) {
    if (result < 0) {
      throw new ErrnoException(call, -result, detail);
    }
    return result;
  }

  /** Returns {@code result} when it is not a negative errno, otherwise throws. */
  static long check(String call, long result, String detail) {
    if (result < 0) {
      throw new ErrnoException(call, (int) -result, detail);
    }
    return result;
  }

  /** What a downcall handle can throw is a defect of ours or of the JVM, never an errno. */
  static AssertionError unexpected(Throwable t) {
    if (t instanceof Error e) {
      throw e;
    }
    return new AssertionError("downcall failed", t);
  }

  static String strerror(int errno) {
    try {
      MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
      return text.reinterpret(STRERROR_LENGTH_MAX).getString(0);
    } catch (Throwable t) {
      throw unexpected(t);
    }
  }

  /** The number of a system call that libc does not wrap. */
  static long systemCallNumber(int x86, int aarch64) {
    return switch (System.getProperty("os.arch")) {
      case "amd64", "x86_64" -> x86;
      case "aarch64" -> aarch64;
      case String other ->
          throw new UnsupportedOperationException(
              "processor not supported: os.arch=" + other + "; supported: amd64, aarch64");
    };
  }
}
