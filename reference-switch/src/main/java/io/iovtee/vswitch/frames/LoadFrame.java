// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frames;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * Frames of one length for load tests: UDP over IPv4, and behind the headers a mark, a sequence
 * number and the time at which the frame was to be sent. A frame costs three stores and two of
 * eight bytes; whoever wants every byte checked takes {@link TestFrame}, at twenty times the cost.
 *
 * <pre>
 *   0         14     34    42     44         52     60
 *  +----------+------+-----+------+----------+------+--------+
 *  | Ethernet | IPv4 | UDP | mark | sequence | time | filler |
 *  +----------+------+-----+------+----------+------+--------+
 * </pre>
 *
 * Mark, sequence and time are little-endian: both ends run on one machine. Immutable; any thread.
 */
public final class LoadFrame {
  /** Shortest frame, bytes without FCS. */
  public static final int LENGTH_MIN = 60;

  /** Longest frame, bytes without FCS. */
  public static final int LENGTH_MAX = 1514;

  private static final int MARK = TestFrameLayout.HEADERS_LENGTH;
  private static final int SEQUENCE = MARK + Short.BYTES;
  private static final int TIME = SEQUENCE + Long.BYTES;

  /** "LF". */
  private static final short MARK_VALUE = 0x464c;

  private static final long DESTINATION_MAC = 0x0200_0000_0022L;
  private static final long SOURCE_MAC = 0x0200_0000_0021L;

  /** The range that RFC 2544 reserves for benchmarks: 198.18.0.0/15. */
  private static final int SOURCE_IPV4 = 0xc612_0001;

  private static final int DESTINATION_IPV4 = 0xc613_0001;

  /** Any ephemeral port, to discard (RFC 863). */
  private static final int SOURCE_PORT = 4096;

  private static final int DESTINATION_PORT = 9;

  private final int length;
  private final byte[] bytes;

  /** What differs from length to length, as it lies in memory. */
  private final short ipLength;

  private final short ipChecksum;
  private final short udpLength;

  /**
   * Fixes the headers.
   *
   * @param length bytes without FCS, {@link #LENGTH_MIN}..{@link #LENGTH_MAX}
   */
  public LoadFrame(int length) {
    if (length < LENGTH_MIN || length > LENGTH_MAX) {
      throw new IllegalArgumentException(
          "load frames have %d to %d bytes: length=%d".formatted(LENGTH_MIN, LENGTH_MAX, length));
    }
    this.length = length;
    bytes = new byte[LENGTH_MAX];
    new TestFrame(
            DESTINATION_MAC,
            SOURCE_MAC,
            SOURCE_IPV4,
            DESTINATION_IPV4,
            SOURCE_PORT,
            DESTINATION_PORT)
        .write(bytes, 0, length, 0, 0, 0);
    bytes[MARK] = (byte) MARK_VALUE;
    bytes[MARK + 1] = (byte) (MARK_VALUE >>> Byte.SIZE);
    int ip = TestFrameLayout.ETHERNET_LENGTH;
    ipLength = inMemory(ip + TestFrameLayout.IP_TOTAL_LENGTH);
    ipChecksum = inMemory(ip + TestFrameLayout.IP_CHECKSUM);
    udpLength = inMemory(ip + TestFrameLayout.IP_LENGTH + TestFrameLayout.UDP_TOTAL_LENGTH);
  }

  private short inMemory(int at) {
    return (short) ((bytes[at] & 0xff) | bytes[at + 1] << Byte.SIZE);
  }

  /** Bytes without FCS. */
  public int length() {
    return length;
  }

  /**
   * Writes this length's next frame into any buffer as an emulated NIC does whose payload costs
   * nobody anything: headers where they are not, and what differs from frame to frame.
   *
   * @param timeNs when it was to be sent, by the clock of {@link System#nanoTime}
   */
  public void write(long address, long sequence, long timeNs) {
    if (AddressSpace.getShort(address + MARK) != MARK_VALUE
        || AddressSpace.getLong(address) != AddressSpace.getArrayLong(bytes, 0)
        || AddressSpace.getLong(address + 8) != AddressSpace.getArrayLong(bytes, 8)) {
      AddressSpace.copyFromArray(bytes, 0, address, LENGTH_MIN);
    }
    stamp(address, sequence, timeNs);
  }

  /** As {@link #write}, but every byte of the frame each time. */
  public void writeWhole(long address, long sequence, long timeNs) {
    AddressSpace.copyFromArray(bytes, 0, address, length);
    stamp(address, sequence, timeNs);
  }

  /** Writes a whole frame, long enough for every length: once per buffer. */
  public void prepare(long address) {
    AddressSpace.copyFromArray(bytes, 0, address, LENGTH_MAX);
  }

  /**
   * Makes a prepared buffer hold this length's next frame.
   *
   * @param timeNs when it was to be sent, by the clock of {@link System#nanoTime}
   */
  public void stamp(long address, long sequence, long timeNs) {
    int ip = TestFrameLayout.ETHERNET_LENGTH;
    AddressSpace.putShort(address + ip + TestFrameLayout.IP_TOTAL_LENGTH, ipLength);
    AddressSpace.putShort(address + ip + TestFrameLayout.IP_CHECKSUM, ipChecksum);
    AddressSpace.putShort(
        address + ip + TestFrameLayout.IP_LENGTH + TestFrameLayout.UDP_TOTAL_LENGTH, udpLength);
    AddressSpace.putLong(address + SEQUENCE, sequence);
    AddressSpace.putLong(address + TIME, timeNs);
  }

  /** Whether a received frame is one of these. */
  public static boolean isOne(long address, int frameLength) {
    return frameLength >= LENGTH_MIN && AddressSpace.getShort(address + MARK) == MARK_VALUE;
  }

  /** Its sequence number. */
  public static long sequence(long address) {
    return AddressSpace.getLong(address + SEQUENCE);
  }

  /** When it was to be sent. */
  public static long timeNs(long address) {
    return AddressSpace.getLong(address + TIME);
  }
}
