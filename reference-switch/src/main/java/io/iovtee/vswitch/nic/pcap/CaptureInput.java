// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.pcap;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A file being read front to back: knows the offset, the byte order, and how to fail. */
final class CaptureInput {
  private static final VarHandle LE_SHORT = view(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LE_INT = view(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LE_LONG = view(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final String name;
  private final InputStream in;
  private long offset;
  private boolean swapped;

  CaptureInput(String name, InputStream in) {
    this.name = name;
    this.in = in;
  }

  private static VarHandle view(Class<?> type, ByteOrder order) {
    return MethodHandles.byteArrayViewVarHandle(type, order);
  }

  /** Bytes read so far. */
  long offset() {
    return offset;
  }

  /** Whether multi-byte fields are big-endian. */
  void bigEndian(boolean bigEndian) {
    swapped = bigEndian;
  }

  /**
   * Reads {@code length} bytes.
   *
   * @return false when the file ends exactly here
   * @throws PcapException when it ends in the middle
   */
  boolean read(byte[] target, int position, int length, long recordOffset, String what)
      throws IOException {
    int got = in.readNBytes(target, position, length);
    offset += got;
    if (got == length) {
      return true;
    }
    if (got == 0) {
      return false;
    }
    throw failure(
        recordOffset, "the file ends inside " + what + ": needs " + length + " bytes, has " + got);
  }

  /** As {@link #read}, where the file must not end. */
  void require(byte[] target, int position, int length, long recordOffset, String what)
      throws IOException {
    if (length > 0 && !read(target, position, length, recordOffset, what)) {
      throw failure(recordOffset, "the file ends inside " + what + ": needs " + length + " bytes");
    }
  }

  int unsignedShort(byte[] bytes, int position) {
    short value = (short) LE_SHORT.get(bytes, position);
    return (swapped ? Short.reverseBytes(value) : value) & 0xffff;
  }

  int integer(byte[] bytes, int position) {
    int value = (int) LE_INT.get(bytes, position);
    return swapped ? Integer.reverseBytes(value) : value;
  }

  long unsignedInt(byte[] bytes, int position) {
    return Integer.toUnsignedLong(integer(bytes, position));
  }

  long longValue(byte[] bytes, int position) {
    long value = (long) LE_LONG.get(bytes, position);
    return swapped ? Long.reverseBytes(value) : value;
  }

  PcapException failure(long recordOffset, String problem) {
    return new PcapException(name, recordOffset, problem);
  }

  void close() throws IOException {
    in.close();
  }
}
