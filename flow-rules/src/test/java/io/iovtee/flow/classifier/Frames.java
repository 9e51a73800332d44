// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Frames for tests that need many. */
final class Frames {
  private static final int[] TYPES = {0x0800, 0x86dd, 0x0806, 0x8035, 0x88cc, 0x0026};
  private static final int[] PROTOCOLS = {6, 17, 1, 132, 58, 47};
  private static final int[] EXTENSIONS = {0, 43, 44, 51, 60};

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

  /** A frame that is right or nearly so: random values in a shape that the parser goes far into. */
  static byte[] random(SplittableRandom random) {
    ByteBuffer frame = ByteBuffer.allocate(400);
    random.nextBytes(frame.array());
    frame.position(12);
    if (random.nextInt(3) == 0) {
      frame.putShort((short) (random.nextBoolean() ? 0x8100 : 0x88a8)).putShort((short) 0x6005);
    }
    int type = TYPES[random.nextInt(TYPES.length)];
    frame.putShort((short) type);
    switch (type) {
      case 0x0800 -> putIpv4(frame, random);
      case 0x86dd -> putIpv6(frame, random);
      case 0x0806, 0x8035 -> frame.putLong(0x0001_0800_0604_0001L).position(frame.position() + 20);
      case 0x0026 -> frame.putLong(0xaaaa_0300_0000_88ccL);
      default -> {}
    }
    byte[] bytes = Arrays.copyOf(frame.array(), frame.position() + random.nextInt(60));
    if (random.nextInt(4) == 0 && bytes.length > 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return random.nextInt(8) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)) : bytes;
  }

  private static void putIpv4(ByteBuffer frame, SplittableRandom random) {
    int words = random.nextInt(3) == 0 ? 5 + random.nextInt(11) : 5;
    int start = frame.position();
    frame.put((byte) (0x40 | words)).put((byte) random.nextInt());
    int payload = 20 + random.nextInt(20);
    frame.putShort((short) (words * 4 + payload)).putShort((short) 1);
    frame.putShort((short) (random.nextInt(4) == 0 ? random.nextInt() : 0x4000));
    int protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
    frame.put((byte) 64).put((byte) protocol);
    frame.position(start + words * 4);
    putTransport(frame, protocol, payload);
  }

  private static void putIpv6(ByteBuffer frame, SplittableRandom random) {
    int start = frame.position();
    int protocol = PROTOCOLS[random.nextInt(PROTOCOLS.length)];
    frame.position(start + 40);
    int next = start + 6;
    for (int i = random.nextInt(3) == 0 ? random.nextInt(11) : 0; i > 0; i--) {
      int extension = EXTENSIONS[random.nextInt(EXTENSIONS.length)];
      frame.put(next, (byte) extension);
      next = frame.position();
      int length = extension == 44 ? 0 : random.nextInt(2);
      frame.put((byte) 0).put((byte) length).putShort((short) (random.nextInt(4) & 1));
      frame.position(next + (extension == 51 ? (length + 2) * 4 : (length + 1) * 8));
    }
    frame.put(next, (byte) protocol);
    int payload = 20 + random.nextInt(20);
    putTransport(frame, protocol, payload);
    frame.putShort(start + 4, (short) (frame.position() - start - 40));
  }

  private static void putTransport(ByteBuffer frame, int protocol, int length) {
    int start = frame.position();
    if (protocol == 6) {
      frame.put(start + 12, (byte) 0x5f);
    }
    frame.position(start + length);
  }
}
