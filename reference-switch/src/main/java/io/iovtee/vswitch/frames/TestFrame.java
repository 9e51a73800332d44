// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frames;

import static io.iovtee.vswitch.frames.TestFrameLayout.put16;
import static io.iovtee.vswitch.frames.TestFrameLayout.put32;

import io.iovtee.vswitch.linux.AddressSpace;
import java.util.zip.CRC32C;

/**
 * Builds test frames: UDP over IPv4 with valid checksum, and a payload that says tenant, flow and
 * sequence number and carries a CRC32C. {@link TestFrameReader} takes them apart.
 *
 * <p>One object per stream of equal headers. One thread; nothing is allocated per frame.
 */
public final class TestFrame {
  /** Shortest frame, bytes without FCS. Below 66 tenant and flow have 16 bits, sequence has 48. */
  public static final int LENGTH_MIN = 60;

  /** Longest frame, bytes without FCS. */
  public static final int LENGTH_MAX = 1514;

  /** Shortest frame whose tenant, flow and sequence number have their full width. */
  static final int LONG_FRAME_MIN = TestFrameLayout.HEADERS_LENGTH + TestFrameLayout.LONG_LENGTH;

  private static final int TIME_TO_LIVE = 64;
  private static final int IP = TestFrameLayout.ETHERNET_LENGTH;
  private static final int UDP = IP + TestFrameLayout.IP_LENGTH;
  private static final int PAYLOAD = UDP + TestFrameLayout.UDP_LENGTH;

  private final byte[] headers = new byte[TestFrameLayout.HEADERS_LENGTH];
  private final byte[] scratch = new byte[LENGTH_MAX];
  private final CRC32C crc = new CRC32C();

  /**
   * Fixes the headers.
   *
   * @param destinationMac 48 bits, as {@code 0x020000000011L}
   * @param sourceMac 48 bits
   * @param sourceIpv4 as {@code 0xc6120001} for 198.18.0.1
   * @param destinationIpv4 likewise
   * @param sourcePort UDP port, 0..65535
   * @param destinationPort UDP port, 0..65535
   */
  public TestFrame(
      long destinationMac,
      long sourceMac,
      int sourceIpv4,
      int destinationIpv4,
      int sourcePort,
      int destinationPort) {
    putMac(0, destinationMac);
    putMac(6, sourceMac);
    put16(headers, TestFrameLayout.ETHERTYPE, TestFrameLayout.ETHERTYPE_IPV4);
    headers[IP] = TestFrameLayout.IP_VERSION_AND_WORDS;
    headers[IP + 8] = TIME_TO_LIVE;
    headers[IP + TestFrameLayout.IP_PROTOCOL] = TestFrameLayout.PROTOCOL_UDP;
    put32(headers, IP + TestFrameLayout.IP_SOURCE, sourceIpv4);
    put32(headers, IP + TestFrameLayout.IP_DESTINATION, destinationIpv4);
    put16(headers, UDP, sourcePort);
    put16(headers, UDP + TestFrameLayout.UDP_DESTINATION, destinationPort);
  }

  private void putMac(int at, long mac) {
    put16(headers, at, (int) (mac >>> 32));
    put32(headers, at + 2, (int) mac);
  }

  /**
   * Writes a frame into an array.
   *
   * @param length bytes, {@link #LENGTH_MIN}..{@link #LENGTH_MAX}
   * @param tenant who sends or shall receive it; 16 bits in frames of less than 66 bytes
   * @param flow which of the tenant's flows; likewise
   * @param sequence position in the flow, from 0
   */
  public void write(byte[] target, int offset, int length, int tenant, int flow, long sequence) {
    boolean isLong = length >= LONG_FRAME_MIN;
    if (length < LENGTH_MIN || length > LENGTH_MAX) {
      throw new IllegalArgumentException(
          "test frames have %d to %d bytes: length=%d".formatted(LENGTH_MIN, LENGTH_MAX, length));
    }
    if (!isLong && ((tenant | flow) >>> 16 != 0 || sequence >>> 48 != 0)) {
      throw new IllegalArgumentException(
          "in a frame of %d bytes tenant and flow have 16 bits, sequence 48: %d, %d, %d"
              .formatted(length, tenant, flow, sequence));
    }
    System.arraycopy(headers, 0, target, offset, headers.length);
    finishHeaders(target, offset, length, sequence);
    int payload = offset + PAYLOAD;
    int payloadLength = length - PAYLOAD;
    int used = isLong ? TestFrameLayout.LONG_LENGTH : TestFrameLayout.SHORT_LENGTH;
    for (int i = used; i < payloadLength; i++) {
      target[payload + i] = (byte) (sequence + i);
    }
    if (isLong) {
      put32(target, payload, TestFrameLayout.MAGIC_LONG);
      put32(target, payload + TestFrameLayout.TENANT, tenant);
      put32(target, payload + TestFrameLayout.LONG_FLOW, flow);
      put32(target, payload + TestFrameLayout.LONG_SEQUENCE, (int) (sequence >>> 32));
      put32(target, payload + TestFrameLayout.LONG_SEQUENCE + 4, (int) sequence);
    } else {
      put32(target, payload, TestFrameLayout.MAGIC_SHORT);
      put16(target, payload + TestFrameLayout.TENANT, tenant);
      put16(target, payload + TestFrameLayout.SHORT_FLOW, flow);
      put16(target, payload + TestFrameLayout.SHORT_SEQUENCE, (int) (sequence >>> 32));
      put32(target, payload + TestFrameLayout.SHORT_SEQUENCE + 2, (int) sequence);
    }
    int crcAt = isLong ? TestFrameLayout.LONG_CRC : TestFrameLayout.SHORT_CRC;
    put32(target, payload + crcAt, crcOf(crc, target, payload, payloadLength, crcAt));
  }

  /** As {@link #write}, into memory of ours. */
  public void writeTo(long address, int length, int tenant, int flow, long sequence) {
    write(scratch, 0, length, tenant, flow, sequence);
    AddressSpace.copyFromArray(scratch, 0, address, length);
  }

  private static void finishHeaders(byte[] target, int offset, int length, long sequence) {
    int ip = offset + IP;
    put16(target, ip + TestFrameLayout.IP_TOTAL_LENGTH, length - IP);
    put16(target, ip + TestFrameLayout.IP_IDENTIFICATION, (int) sequence);
    put16(
        target,
        ip + TestFrameLayout.IP_CHECKSUM,
        TestFrameLayout.checksum(target, ip, TestFrameLayout.IP_LENGTH));
    put16(target, offset + UDP + TestFrameLayout.UDP_TOTAL_LENGTH, length - UDP);
  }

  static int crcOf(CRC32C crc, byte[] bytes, int payload, int payloadLength, int crcAt) {
    crc.reset();
    crc.update(bytes, payload, crcAt);
    int behind = crcAt + TestFrameLayout.CRC_LENGTH;
    crc.update(bytes, payload + behind, payloadLength - behind);
    return (int) crc.getValue();
  }
}
