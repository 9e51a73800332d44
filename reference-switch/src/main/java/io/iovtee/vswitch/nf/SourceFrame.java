// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * The frame that the source mode sends: broadcast, UDP from 198.18.0.1 to 198.18.0.2 (RFC 2544).
 */
final class SourceFrame {
  private static final int HEADERS = 42;
  private static final int SOURCE_MAC = 6;
  private static final int IP_LENGTH = 16;
  private static final int IP_CHECKSUM = 24;
  private static final int UDP_LENGTH = 38;
  private static final int ETHERNET = 14;
  private static final int IP_HEADER = 20;

  private static final byte[] TEMPLATE = {
    -1,
    -1,
    -1,
    -1,
    -1,
    -1,
    0,
    0,
    0,
    0,
    0,
    0,
    0x08,
    0x00, // Ethernet
    0x45,
    0,
    0,
    0,
    0,
    0,
    0x40,
    0,
    64,
    17,
    0,
    0,
    (byte) 198,
    18,
    0,
    1,
    (byte) 198,
    18,
    0,
    2, // IPv4
    0x10,
    0,
    0x20,
    0,
    0,
    0,
    0,
    0 // UDP, no checksum
  };

  private SourceFrame() {}

  static void write(long target, long mac, int length) {
    AddressSpace.copyFromArray(TEMPLATE, 0, target, HEADERS);
    AddressSpace.putInt(target + SOURCE_MAC, Integer.reverseBytes((int) (mac >>> 16)));
    AddressSpace.putShort(target + SOURCE_MAC + 4, Short.reverseBytes((short) mac));
    putBigEndian(target + IP_LENGTH, length - ETHERNET);
    putBigEndian(target + UDP_LENGTH, length - ETHERNET - IP_HEADER);
    putBigEndian(target + IP_CHECKSUM, 0);
    int sum = 0;
    for (int i = 0; i < IP_HEADER; i += 2) {
      sum += Short.reverseBytes(AddressSpace.getShort(target + ETHERNET + i)) & 0xffff;
    }
    sum = (sum & 0xffff) + (sum >>> 16);
    putBigEndian(target + IP_CHECKSUM, ~(sum + (sum >>> 16)));
  }

  private static void putBigEndian(long target, int value) {
    AddressSpace.putShort(target, Short.reverseBytes((short) value));
  }
}
