// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frames;

/**
 * Where things lie in a test frame: Ethernet, IPv4 and UDP headers, then one of two payloads, all
 * numbers big-endian. Offsets are bytes; those of payloads count from the payload's start.
 *
 * <pre>
 *   long, frames of 66 bytes and more          short, 60 to 65 bytes
 *   0  magic    4                              0  magic    4
 *   4  tenant   4                              4  tenant   2
 *   8  flow     4                              6  flow     2
 *   12 sequence 8                              8  sequence 6
 *   20 CRC32C   4                              14 CRC32C   4
 *   24 filler                                  18 filler
 * </pre>
 *
 * The CRC covers the payload but itself. Filler byte {@code i} of the payload is the low byte of
 * {@code sequence + i}. The UDP checksum is not used (0).
 */
final class TestFrameLayout {
  static final int ETHERTYPE = 12;
  static final int ETHERNET_LENGTH = 14;
  static final int VLAN_TAG_LENGTH = 4;
  static final int ETHERTYPE_IPV4 = 0x0800;
  static final int ETHERTYPE_VLAN = 0x8100;

  /** From the start of the IPv4 header. */
  static final int IP_TOTAL_LENGTH = 2;

  static final int IP_IDENTIFICATION = 4;
  static final int IP_PROTOCOL = 9;
  static final int IP_CHECKSUM = 10;
  static final int IP_SOURCE = 12;
  static final int IP_DESTINATION = 16;
  static final int IP_LENGTH = 20;
  static final int IP_VERSION_AND_WORDS = 0x45;
  static final int PROTOCOL_UDP = 17;

  /** From the start of the UDP header. */
  static final int UDP_DESTINATION = 2;

  static final int UDP_TOTAL_LENGTH = 4;
  static final int UDP_LENGTH = 8;

  /** All three headers of an untagged frame. */
  static final int HEADERS_LENGTH = ETHERNET_LENGTH + IP_LENGTH + UDP_LENGTH;

  /** "IOVT" and "IOVt". */
  static final int MAGIC_LONG = 0x494f5654;

  static final int MAGIC_SHORT = 0x494f5674;

  static final int TENANT = 4;

  static final int LONG_FLOW = 8;
  static final int LONG_SEQUENCE = 12;
  static final int LONG_CRC = 20;
  static final int LONG_LENGTH = 24;

  static final int SHORT_FLOW = 6;
  static final int SHORT_SEQUENCE = 8;
  static final int SHORT_CRC = 14;
  static final int SHORT_LENGTH = 18;

  static final int CRC_LENGTH = 4;

  private TestFrameLayout() {}

  static int u16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  static int u32(byte[] bytes, int at) {
    return u16(bytes, at) << 16 | u16(bytes, at + 2);
  }

  static void put16(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >>> 8);
    bytes[at + 1] = (byte) value;
  }

  static void put32(byte[] bytes, int at, int value) {
    put16(bytes, at, value >>> 16);
    put16(bytes, at + 2, value);
  }

  /** The Internet checksum (RFC 1071) of an even number of bytes; 0 over a header that is right. */
  static int checksum(byte[] bytes, int at, int length) {
    int sum = 0;
    for (int i = at; i < at + length; i += 2) {
      sum += u16(bytes, i);
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    sum += sum >>> 16;
    return ~sum & 0xffff;
  }
}
