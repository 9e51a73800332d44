// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import java.nio.ByteBuffer;

/** Frames for tests, 96 bytes each. */
final class Frames {
  private Frames() {}

  static byte[] ipv4(int flow, boolean tcp) {
    ByteBuffer frame = ByteBuffer.allocate(96);
    frame.putShort((short) 0x0200).putInt(0x11).putShort((short) 0x0200).putInt(flow);
    frame.putShort((short) 0x0800).putShort((short) 0x4500).putShort((short) 82);
    frame.putInt(0).putShort((short) (0x4000 | (tcp ? 6 : 17))).putShort((short) 0);
    frame.putInt(0x0a000000 + flow).putInt(0x0b000001 + flow);
    frame.putShort((short) (1000 + flow)).putShort((short) 53);
    if (tcp) {
      frame.putLong(0).putShort((short) 0x5018);
    } else {
      frame.putShort((short) 62).putShort((short) 0);
    }
    return frame.array();
  }

  static byte[] udp6(int flow) {
    ByteBuffer frame = ByteBuffer.allocate(96);
    frame.putShort((short) 0x0200).putInt(0x11).putShort((short) 0x0200).putInt(flow);
    frame.putShort((short) 0x86dd).putInt(0x60000000).putShort((short) 42).putShort((short) 0x1140);
    frame.putLong(0x20010db8_00000000L).putLong(flow).putLong(0x20010db8_00000001L).putLong(1);
    frame.putShort((short) (1000 + flow)).putShort((short) 53).putShort((short) 42);
    return frame.array();
  }
}
