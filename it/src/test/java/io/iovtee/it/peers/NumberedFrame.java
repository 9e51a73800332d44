// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * An Ethernet/IPv4/UDP frame that tells its flow, its number and its length, with a CRC32C over
 * everything behind the MAC addresses. A network function that swaps the addresses leaves it
 * intact.
 *
 * <pre>
 * 0   6   12   14    34   42    46      54      56     60       length
 * dst src type IPv4  UDP  flow  number  length  CRC32C pattern
 * </pre>
 */
final class NumberedFrame {
  /** The fields fit in the shortest Ethernet frame. */
  static final int LENGTH_MIN = 60;

  static final int LENGTH_MAX = 1514;

  private static final int ETHER_TYPE = 12;
  private static final int IP = 14;
  private static final int UDP = 34;
  private static final int FLOW = 42;
  private static final int NUMBER = 46;
  private static final int LENGTH = 54;
  private static final int CRC = 56;
  private static final int PATTERN = 60;

  private final CRC32C crc = new CRC32C();
  private ByteBuffer frame = ByteBuffer.allocate(LENGTH_MAX);
  private int length;

  /** Makes a frame. */
  void make(int flow, long number, int frameLength) {
    if (frameLength < LENGTH_MIN || frameLength > LENGTH_MAX) {
      throw new IllegalArgumentException("length=" + frameLength);
    }
    length = frameLength;
    byte[] bytes = frame.array();
    Arrays.fill(bytes, 0, length, (byte) 0);
    putMac(0, 0x11, flow);
    putMac(6, 0x22, flow);
    frame.putShort(ETHER_TYPE, (short) 0x0800);
    putIp(flow);
    frame.putShort(UDP, (short) (1024 + flow));
    frame.putShort(UDP + 2, (short) 9);
    frame.putShort(UDP + 4, (short) (length - UDP));
    frame.putInt(FLOW, flow);
    frame.putLong(NUMBER, number);
    frame.putShort(LENGTH, (short) length);
    for (int i = PATTERN; i < length; i++) {
      bytes[i] = (byte) (i * 31 + number);
    }
    frame.putInt(CRC, checksum());
  }

  /** Looks at a received frame. */
  void wrap(byte[] bytes, int frameLength) {
    frame = ByteBuffer.wrap(bytes);
    length = frameLength;
  }

  /** Whether checksum, length and addresses are those that it was made with (or swapped ones). */
  boolean isIntact() {
    return length >= LENGTH_MIN
        && length <= LENGTH_MAX
        && (frame.getShort(LENGTH) & 0xffff) == length
        && frame.getInt(CRC) == checksum()
        && (hasMacs(0x11, 0x22) || hasMacs(0x22, 0x11));
  }

  int flow() {
    return frame.getInt(FLOW);
  }

  long number() {
    return frame.getLong(NUMBER);
  }

  byte[] bytes() {
    return frame.array();
  }

  int length() {
    return length;
  }

  private int checksum() {
    crc.reset();
    crc.update(frame.array(), ETHER_TYPE, CRC - ETHER_TYPE);
    crc.update(frame.array(), PATTERN, length - PATTERN);
    return (int) crc.getValue();
  }

  private void putMac(int offset, int side, int flow) {
    frame.putShort(offset, (short) (0x0200 | side));
    frame.putInt(offset + 2, flow);
  }

  private boolean hasMacs(int first, int second) {
    return frame.getShort(0) == (short) (0x0200 | first)
        && frame.getShort(6) == (short) (0x0200 | second)
        && frame.getInt(2) == flow()
        && frame.getInt(8) == flow();
  }

  private void putIp(int flow) {
    frame.putShort(IP, (short) 0x4500);
    frame.putShort(IP + 2, (short) (length - IP));
    frame.putShort(IP + 8, (short) 0x4011);
    frame.putInt(IP + 12, 0x0a000001);
    frame.putInt(IP + 16, 0x0a000100 + (flow & 0xff));
    int sum = 0;
    for (int i = IP; i < UDP; i += 2) {
      sum += frame.getShort(i) & 0xffff;
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    frame.putShort(IP + 10, (short) ~(sum + (sum >>> 16)));
  }
}
