// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frames;

import static io.iovtee.vswitch.frames.TestFrameLayout.u16;
import static io.iovtee.vswitch.frames.TestFrameLayout.u32;

import io.iovtee.vswitch.linux.AddressSpace;
import java.util.zip.CRC32C;

/**
 * Takes test frames apart and checks them. MAC addresses and a VLAN tag may have been changed on
 * the way; everything from the IPv4 header on may not.
 *
 * <p>One thread; nothing is allocated per frame. A frame in memory is copied out before it is
 * looked at.
 */
public final class TestFrameReader {
  /** What a frame turned out to be. */
  public enum Verdict {
    /** A test frame, every byte as it was sent. */
    GOOD,
    /** A test frame whose bytes changed or are missing. */
    CORRUPT,
    /** Not a test frame. */
    FOREIGN
  }

  /** Longest frame that is looked at; a longer one is FOREIGN. */
  private static final int LENGTH_MAX = TestFrame.LENGTH_MAX + TestFrameLayout.VLAN_TAG_LENGTH;

  private final CRC32C crc = new CRC32C();
  private final byte[] scratch = new byte[LENGTH_MAX];
  private int tenant;
  private int flow;
  private long sequence;

  /** Checks a frame in memory. */
  public Verdict read(long address, int length) {
    if (length < 0 || length > LENGTH_MAX) {
      return Verdict.FOREIGN;
    }
    AddressSpace.copyToArray(address, scratch, 0, length);
    return read(scratch, 0, length);
  }

  /** Checks a frame in an array. */
  public Verdict read(byte[] frame, int offset, int length) {
    int ip = offset + ipOffset(frame, offset, length);
    int payload = ip + TestFrameLayout.IP_LENGTH + TestFrameLayout.UDP_LENGTH;
    int end = offset + length;
    if (ip < offset
        || payload + TestFrameLayout.SHORT_LENGTH > end
        || (frame[ip] & 0xff) != TestFrameLayout.IP_VERSION_AND_WORDS
        || frame[ip + TestFrameLayout.IP_PROTOCOL] != TestFrameLayout.PROTOCOL_UDP) {
      return Verdict.FOREIGN;
    }
    int magic = u32(frame, payload);
    boolean isLong = magic == TestFrameLayout.MAGIC_LONG;
    if (!isLong && magic != TestFrameLayout.MAGIC_SHORT) {
      return Verdict.FOREIGN;
    }
    return check(frame, ip, payload, end, isLong);
  }

  private Verdict check(byte[] frame, int ip, int payload, int end, boolean isLong) {
    int payloadLength = ip + u16(frame, ip + TestFrameLayout.IP_TOTAL_LENGTH) - payload;
    int least = isLong ? TestFrameLayout.LONG_LENGTH : TestFrameLayout.SHORT_LENGTH;
    if (payloadLength < least
        || payloadLength > end - payload
        || TestFrameLayout.checksum(frame, ip, TestFrameLayout.IP_LENGTH) != 0) {
      return Verdict.CORRUPT;
    }
    int crcAt = isLong ? TestFrameLayout.LONG_CRC : TestFrameLayout.SHORT_CRC;
    if (u32(frame, payload + crcAt) != TestFrame.crcOf(crc, frame, payload, payloadLength, crcAt)) {
      return Verdict.CORRUPT;
    }
    if (isLong) {
      tenant = u32(frame, payload + TestFrameLayout.TENANT);
      flow = u32(frame, payload + TestFrameLayout.LONG_FLOW);
      sequence = u64(frame, payload + TestFrameLayout.LONG_SEQUENCE);
    } else {
      tenant = u16(frame, payload + TestFrameLayout.TENANT);
      flow = u16(frame, payload + TestFrameLayout.SHORT_FLOW);
      sequence = u64(frame, payload + TestFrameLayout.SHORT_SEQUENCE - 2) & 0xffff_ffff_ffffL;
    }
    return Verdict.GOOD;
  }

  /** From the frame's start to the IPv4 header, or a negative number when there is none. */
  private static int ipOffset(byte[] frame, int offset, int length) {
    int at = TestFrameLayout.ETHERTYPE;
    if (length >= at + 6 && u16(frame, offset + at) == TestFrameLayout.ETHERTYPE_VLAN) {
      at += TestFrameLayout.VLAN_TAG_LENGTH;
    }
    boolean isIpv4 = length >= at + 2 && u16(frame, offset + at) == TestFrameLayout.ETHERTYPE_IPV4;
    return isIpv4 ? at + 2 : Integer.MIN_VALUE / 2;
  }

  private static long u64(byte[] bytes, int at) {
    return (long) u32(bytes, at) << 32 | (u32(bytes, at + 4) & 0xffff_ffffL);
  }

  /** The last GOOD frame's tenant. */
  public int tenant() {
    return tenant;
  }

  /** The last GOOD frame's flow. */
  public int flow() {
    return flow;
  }

  /** The last GOOD frame's sequence number. */
  public long sequence() {
    return sequence;
  }
}
