// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.nio.ByteBuffer;
import java.util.Random;

/** Ethernet frames for tests: addresses, type, and a payload that tells them apart. */
final class TestFrames {
  /** Where the number in the payload lies. */
  static final int PAYLOAD_OFFSET = 14;

  static final long BROADCAST = 0xffff_ffff_ffffL;
  private static final short TYPE = (short) 0x88b5; // IEEE 802: local experimental

  private TestFrames() {}

  /** Station {@code n}'s address, a unicast one. */
  static long mac(int n) {
    return 0x0200_0000_0000L + n;
  }

  static byte[] frame(long destination, long source, int length, int payload) {
    byte[] frame = new byte[length];
    new Random(payload).nextBytes(frame);
    ByteBuffer header = ByteBuffer.wrap(frame);
    header.putShort((short) (destination >>> 32)).putInt((int) destination);
    header.putShort((short) (source >>> 32)).putInt((int) source);
    header.putShort(TYPE);
    if (length >= 18) {
      header.putInt(payload);
    }
    return frame;
  }

  /** A frame of 60 bytes from station to station. */
  static byte[] frame(int destination, int source, int payload) {
    return frame(mac(destination), mac(source), 60, payload);
  }

  /** The number in the payload. */
  static int payload(byte[] frame) {
    return ByteBuffer.wrap(frame, PAYLOAD_OFFSET, 4).getInt();
  }
}
