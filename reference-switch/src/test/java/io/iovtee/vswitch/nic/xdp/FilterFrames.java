// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Random frames out of small pools of values, so that matches hit; many are odd: options, extension
 * headers, fragments, wrong lengths, flipped bits, cut ends.
 */
final class FilterFrames {
  static final int LENGTH_MIN = 14;

  private final SplittableRandom random;

  FilterFrames(SplittableRandom random) {
    this.random = random;
  }

  /**
   * A frame.
   *
   * @param plain whether it has nothing that a filter may leave to nobody: no options, extension
   *     headers, fragments, SNAP, nothing wrong or cut
   */
  record Frame(byte[] bytes, boolean plain) {}

  private boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  private int pick(int... values) {
    return values[random.nextInt(values.length)];
  }

  Frame next() {
    ByteBuffer frame = ByteBuffer.allocate(2048);
    boolean plain = true;
    putAddress(frame);
    putAddress(frame);
    if (oneIn(3)) {
      frame.putShort((short) pick(0x8100, 0x88a8));
      frame.putShort((short) (pick(0, 1, 100, 4095) | random.nextInt(8) << 13 | pick(0, 0x1000)));
    }
    switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> plain = ipv4(frame);
      case 4, 5, 6 -> plain = ipv6(frame);
      case 7 -> plain = arp(frame);
      case 8 -> frame.putShort((short) pick(0x88b5, 0x8100, 0x8847)).putLong(random.nextLong());
      default -> plain = llc(frame);
    }
    byte[] bytes = Arrays.copyOf(frame.array(), Math.max(LENGTH_MIN, frame.position()));
    if (oneIn(4)) {
      bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(40)); // padding
    }
    if (oneIn(12)) {
      bytes = Arrays.copyOf(bytes, LENGTH_MIN + random.nextInt(bytes.length - LENGTH_MIN + 1));
      plain = false;
    }
    for (int i = oneIn(6) ? 1 + random.nextInt(3) : 0; i > 0; i--) {
      bytes[random.nextInt(Math.min(64, bytes.length))] ^= (byte) (1 << random.nextInt(8));
      plain = false;
    }
    if (oneIn(200)) {
      bytes = Arrays.copyOf(bytes, Umem.FRAME_LENGTH_MAX + random.nextInt(3));
      plain &= bytes.length <= Umem.FRAME_LENGTH_MAX;
    }
    return new Frame(bytes, plain);
  }

  private void putAddress(ByteBuffer frame) {
    frame.putInt(0x02000000).putShort((short) pick(0x0000, 0x0011, 0x0012, 0x1011));
  }

  private boolean llc(ByteBuffer frame) {
    boolean snap = random.nextBoolean();
    frame.putShort((short) random.nextInt(64));
    frame.putInt(snap ? 0xaaaa0300 : random.nextInt()).putShort((short) 0);
    if (oneIn(2)) {
      ipv4(frame);
    } else {
      frame.putLong(random.nextLong());
    }
    return false;
  }

  private boolean ipv4(ByteBuffer frame) {
    boolean plain = true;
    frame.putShort((short) 0x0800);
    int start = frame.position();
    int words = 5;
    if (oneIn(5)) {
      words = 5 + random.nextInt(11);
      plain = words == 5;
    }
    int protocol = pick(6, 6, 17, 17, 132, 1, 47);
    frame.put((byte) (0x40 | words)).put((byte) pick(0, 0x20, 0xb8, 0xb9, 3));
    frame.putShort((short) 0).putShort((short) random.nextInt());
    int fragment = pick(0, 0, 0, 0, 0x4000, 0x2000, 0x2010, 0x0010);
    plain &= (fragment & 0x3fff) == 0;
    frame.putShort((short) fragment).put((byte) pick(1, 64, 255)).put((byte) protocol);
    frame.putShort((short) 0).putInt(ipv4Address()).putInt(ipv4Address());
    for (int i = 5; i < words; i++) {
      frame.putInt(random.nextInt());
    }
    plain &= transport(frame, protocol);
    int length = frame.position() - start;
    if (oneIn(15)) {
      length += random.nextInt(60) - 30;
      plain = false;
    }
    frame.putShort(start + 2, (short) length);
    return plain;
  }

  private int ipv4Address() {
    return pick(0x0a000001, 0x0a000002, 0x0a000101, 0x0b000001, 0);
  }

  private boolean ipv6(ByteBuffer frame) {
    boolean plain = true;
    frame.putShort((short) 0x86dd);
    int start = frame.position();
    int protocol = pick(6, 17, 17, 132, 58, 59);
    frame.putInt(0x60000000 | pick(0, 0x20, 0xb8, 0xb9, 3) << 20 | random.nextInt(4));
    frame.putShort((short) 0);
    int nextAt = frame.position();
    frame.put((byte) protocol).put((byte) pick(1, 64, 255));
    ipv6Address(frame);
    ipv6Address(frame);
    for (int i = oneIn(4) ? 1 + random.nextInt(3) : 0; i > 0; i--) {
      plain = false;
      int kind = pick(0, 43, 44, 51, 60);
      frame.put(nextAt, (byte) kind);
      nextAt = frame.position();
      frame.put((byte) protocol).put((byte) (kind == 44 ? 0 : pick(0, 1)));
      frame.putShort((short) (kind == 44 ? pick(0, 1, 8) : 0)).putInt(0);
      if (kind != 44 && frame.get(nextAt + 1) != 0) {
        frame.putLong(0);
      }
    }
    plain &= transport(frame, protocol);
    int length = frame.position() - start - 40;
    if (oneIn(15)) {
      length += random.nextInt(60) - 30;
      plain = false;
    }
    frame.putShort(start + 4, (short) length);
    return plain;
  }

  private void ipv6Address(ByteBuffer frame) {
    frame.putLong(pick(0x20010db8, 0x20010db9) * 0x1_0000_0000L);
    frame.putLong(pick(1, 2, 0x101));
  }

  private boolean transport(ByteBuffer frame, int protocol) {
    int source = pick(0, 53, 1024, 40000);
    int destination = pick(0, 53, 80, 443, 1024);
    switch (protocol) {
      case 6 -> {
        int words = oneIn(6) ? random.nextInt(16) : 5;
        frame.putShort((short) source).putShort((short) destination).putLong(0);
        frame.putShort((short) (words << 12 | pick(0x2, 0x10, 0x12, 0x1ff))).putShort((short) 0);
        frame.putInt(0);
        if (words > 5 && !oneIn(4)) {
          frame.position(frame.position() + (words - 5) * 4);
          return true;
        }
        return words == 5;
      }
      case 17 -> frame.putShort((short) source).putShort((short) destination).putInt(0);
      case 132 -> frame.putShort((short) source).putShort((short) destination).putLong(0);
      case 1, 58 -> frame.put((byte) pick(0, 8, 135)).put((byte) pick(0, 1)).putShort((short) 0);
      default -> {}
    }
    if (protocol == 1 || protocol == 58) {
      frame.putInt(random.nextInt());
    }
    return true;
  }

  private boolean arp(ByteBuffer frame) {
    boolean odd = oneIn(5);
    frame.putShort((short) pick(0x0806, 0x8035));
    frame.putInt(odd ? random.nextInt() : 0x00010800).putShort((short) 0x0604);
    frame.putShort((short) pick(1, 2));
    putAddress(frame);
    frame.putInt(ipv4Address());
    putAddress(frame);
    frame.putInt(ipv4Address());
    return !odd;
  }
}
