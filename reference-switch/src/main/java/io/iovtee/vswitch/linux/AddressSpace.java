// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The process's memory by address: rings shared with the kernel, memory shared with guests, and our
 * own pools. The only door to raw memory in this project.
 *
 * <p>All values are little-endian, as x86-64 and aarch64 keep them and as virtio 1.x and AF_XDP
 * want them. Nothing here checks that an address is mapped: callers pass only addresses that a
 * {@code GuestMemory}, a {@code HostPool} or a ring mapping has vouched for. An unmapped address
 * ends the JVM; a mapped page whose file was truncated raises {@link InternalError}, possibly late
 * (the page fault is reported at the next safepoint of compiled code).
 *
 * <p>There is deliberately no compare-and-set: on a truncated page it would end the JVM, and no
 * ring of virtio or AF_XDP needs one.
 *
 * <p>Memory order: the plain accessors are for payload; an {@code Acquire} load pairs with the
 * peer's release store of the same index, a {@code Release} store with the peer's acquire load.
 */
public final class AddressSpace {
  private static final MemorySegment ALL = everything();

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * Loads the first word at each address and does nothing else: the loads of lines that another
   * core has just written wait together. Whoever reads them later finds them near.
   *
   * @param addresses eight readable bytes at each of the first {@code count}
   * @return a value that depends on all loads; to be kept, or the compiler leaves them out
   */
  public static long fetch(long[] addresses, int count) {
    long words = 0;
    for (int i = 0; i < count; i++) {
      words += getLong(addresses[i]);
    }
    return words;
  }

  /** Aligned layouts: only these give acquire and release access. */
  private static final VarHandle ALIGNED_SHORT =
      ValueLayout.JAVA_SHORT
          .withOrder(ByteOrder.LITTLE_ENDIAN)
          .varHandle()
          .withInvokeExactBehavior();

  private static final VarHandle ALIGNED_INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle().withInvokeExactBehavior();

  private static final VarHandle HEAP_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
          .withInvokeExactBehavior();

  private AddressSpace() {}

  @SuppressWarnings("restricted")
  private static MemorySegment everything() {
    return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  }

  public static byte getByte(long address) {
    return ALL.get(JAVA_BYTE, address);
  }

  public static short getShort(long address) {
    return ALL.get(SHORT, address);
  }

  public static int getInt(long address) {
    return ALL.get(INT, address);
  }

  public static long getLong(long address) {
    return ALL.get(LONG, address);
  }

  public static void putByte(long address, byte value) {
    ALL.set(JAVA_BYTE, address, value);
  }

  public static void putShort(long address, short value) {
    ALL.set(SHORT, address, value);
  }

  public static void putInt(long address, int value) {
    ALL.set(INT, address, value);
  }

  public static void putLong(long address, long value) {
    ALL.set(LONG, address, value);
  }

  /** Loads a 2-byte aligned index the peer publishes with release order; 0..65535. */
  public static int getUnsignedShortAcquire(long address) {
    return ((short) ALIGNED_SHORT.getAcquire(ALL, address)) & 0xffff;
  }

  /** Publishes a 2-byte aligned index: all earlier stores are visible before it. */
  public static void putShortRelease(long address, short value) {
    ALIGNED_SHORT.setRelease(ALL, address, value);
  }

  /** Loads a 4-byte aligned index the peer publishes with release order. */
  public static int getIntAcquire(long address) {
    return (int) ALIGNED_INT.getAcquire(ALL, address);
  }

  /** Publishes a 4-byte aligned index: all earlier stores are visible before it. */
  public static void putIntRelease(long address, int value) {
    ALIGNED_INT.setRelease(ALL, address, value);
  }

  /**
   * Full fence (StoreLoad): between publishing our index and reading the peer's wish to be notified
   * (virtio 1.2, 2.7.10), where anything less loses a notification.
   */
  public static void fullFence() {
    VarHandle.fullFence();
  }

  /** Copies {@code length} bytes; the ranges must not overlap. */
  public static void copy(long source, long target, long length) {
    if (length >= LINE / 2 && length <= 2 * LINE) {
      copyShort(source, target, length);
    } else {
      MemorySegment.copy(ALL, source, ALL, target, length);
    }
  }

  /** As {@link #copy}, of ranges that may overlap. */
  public static void move(long source, long target, long length) {
    MemorySegment.copy(ALL, source, ALL, target, length);
  }

  /**
   * From half a line to two: both ends, which may meet in the middle. The shortest frames are that
   * long, and for them the way to the bulk copy takes longer than the copy.
   */
  private static void copyShort(long source, long target, long length) {
    if (length >= LINE) {
      copyLine(source, target);
      if (length > LINE) {
        copyLine(source + length - LINE, target + length - LINE);
      }
    } else {
      copyHalf(source, target);
      copyHalf(source + length - LINE / 2, target + length - LINE / 2);
    }
  }

  private static void copyLine(long source, long target) {
    copyHalf(source, target);
    copyHalf(source + LINE / 2, target + LINE / 2);
  }

  private static void copyHalf(long source, long target) {
    long a = ALL.get(LONG, source);
    long b = ALL.get(LONG, source + 8);
    long c = ALL.get(LONG, source + 16);
    long d = ALL.get(LONG, source + 24);
    ALL.set(LONG, target, a);
    ALL.set(LONG, target + 8, b);
    ALL.set(LONG, target + 16, c);
    ALL.set(LONG, target + 24, d);
  }

  /**
   * Copies bytes from memory into an array; reads exactly {@code length} bytes. For a header's 14
   * to 128 bytes the bulk copy takes a third of the time of a loop over longs.
   */
  public static void copyToArray(long source, byte[] target, int offset, int length) {
    MemorySegment.copy(ALL, JAVA_BYTE, source, target, offset, length);
  }

  /**
   * As {@link #copyToArray}, never inlined (conf/jvm.options): a page fault is reported before it
   * returns. For single looks at a guest's memory outside of a guarded step.
   */
  public static void copyToArrayGuarded(long source, byte[] target, int offset, int length) {
    copyToArray(source, target, offset, length);
  }

  /**
   * Whether the pages under a mapped range are there, and were not truncated away: looks at both
   * ends, between which a range of at most a page has no other page. For the way after a fault.
   *
   * @param length bytes, 1 to a page
   */
  public static boolean isReadable(long address, int length) {
    byte[] probed = new byte[1];
    try {
      copyToArrayGuarded(address, probed, 0, 1);
      copyToArrayGuarded(address + length - 1, probed, 0, 1);
      return true;
    } catch (InternalError e) {
      return false;
    }
  }

  /** Bytes of a cache line, and of {@link #copyLineToArray}. */
  public static final int LINE = 64;

  /** Copies {@link #LINE} bytes into an array: straight code, all loads before the stores. */
  public static void copyLineToArray(long source, byte[] target, int offset) {
    long a = ALL.get(LONG, source);
    long b = ALL.get(LONG, source + 8);
    long c = ALL.get(LONG, source + 16);
    long d = ALL.get(LONG, source + 24);
    long e = ALL.get(LONG, source + 32);
    long f = ALL.get(LONG, source + 40);
    long g = ALL.get(LONG, source + 48);
    long h = ALL.get(LONG, source + 56);
    HEAP_LONG.set(target, offset, a);
    HEAP_LONG.set(target, offset + 8, b);
    HEAP_LONG.set(target, offset + 16, c);
    HEAP_LONG.set(target, offset + 24, d);
    HEAP_LONG.set(target, offset + 32, e);
    HEAP_LONG.set(target, offset + 40, f);
    HEAP_LONG.set(target, offset + 48, g);
    HEAP_LONG.set(target, offset + 56, h);
  }

  /** Copies bytes from an array into memory; writes exactly {@code length} bytes. */
  public static void copyFromArray(byte[] source, int offset, long target, int length) {
    MemorySegment.copy(source, offset, ALL, JAVA_BYTE, target, length);
  }

  /** Eight bytes of an array as a little-endian long. */
  public static long getArrayLong(byte[] array, int offset) {
    return (long) HEAP_LONG.get(array, offset);
  }

  /** Sets eight bytes of an array to a little-endian long. */
  public static void putArrayLong(byte[] array, int offset, long value) {
    HEAP_LONG.set(array, offset, value);
  }

  /** Sets {@code length} bytes to {@code value}. */
  public static void fill(long address, long length, byte value) {
    ALL.asSlice(address, length).fill(value);
  }
}
