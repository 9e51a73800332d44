// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.ovs;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Frames with the values of {@link Values} in all shapes that a parser tells apart: tags, options,
 * extension headers, fragments, ARP, LLC. Lengths and checksums are right, until one byte or the
 * length of the frame is spoilt in some of them.
 */
final class RandomFrames {
  private static final int[] EXTENSIONS = {0, 43, 51, 60};
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int ICMP = 1;
  private static final int ICMPV6 = 58;
  private static final int FRAGMENT = 44;

  private final SplittableRandom random;
  private final boolean spoil;

  /**
   * @param spoil whether some frames are malformed
   */
  RandomFrames(SplittableRandom random, boolean spoil) {
    this.random = random;
    this.spoil = spoil;
  }

  byte[] next() {
    ByteBuffer frame = ByteBuffer.allocate(512);
    putMac(frame);
    putMac(frame);
    int tags = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0;
    for (int i = 0; i < tags; i++) {
      frame.putShort((short) (random.nextInt(4) == 0 ? 0x88a8 : 0x8100));
      int cfi = random.nextInt(6) == 0 ? 0x1000 : 0;
      frame.putShort((short) (random.nextInt(8) << 13 | cfi | Values.one(random, Values.VLANS)));
    }
    switch (random.nextInt(16)) {
      case 0 -> putArp(frame);
      case 1 -> putLlc(frame);
      case 2 -> putOther(frame);
      case 3, 4, 5, 6, 7 -> putIpv6(frame);
      default -> putIpv4(frame);
    }
    byte[] bytes = Arrays.copyOf(frame.array(), frame.position());
    // Ethernet pads to 60 bytes; not all drivers do, and some leave more behind.
    if (random.nextInt(3) == 0) {
      bytes = Arrays.copyOf(bytes, Math.max(60, bytes.length) + random.nextInt(3));
    }
    return spoil ? spoilt(bytes) : bytes;
  }

  private byte[] spoilt(byte[] bytes) {
    switch (random.nextInt(10)) {
      case 0 -> bytes[12 + random.nextInt(bytes.length - 12)] = (byte) random.nextInt();
      case 1 -> bytes = Arrays.copyOf(bytes, 14 + random.nextInt(bytes.length - 13));
      default -> {}
    }
    return bytes;
  }

  private void putMac(ByteBuffer frame) {
    long mac = Values.mac(Values.one(random, Values.MACS));
    frame.putShort((short) (mac >>> 32)).putInt((int) mac);
  }

  private void putOther(ByteBuffer frame) {
    frame.putShort((short) new int[] {0x8847, 0x88cc, 0x9000, 0x8848}[random.nextInt(4)]);
    frame.putLong(random.nextLong()).putLong(random.nextLong());
  }

  private void putLlc(ByteBuffer frame) {
    frame.putShort((short) (random.nextBoolean() ? 38 : 0x05ff));
    frame.putInt(random.nextBoolean() ? 0xaaaa_0300 : 0x4242_0300).putShort((short) 0);
    frame.putShort((short) new int[] {0x0800, 0x88cc, 0x0026}[random.nextInt(3)]);
    frame.put(new byte[30]);
  }

  private void putArp(ByteBuffer frame) {
    frame.putShort((short) (random.nextInt(4) == 0 ? 0x8035 : 0x0806));
    frame.putInt(0x0001_0800).putShort((short) 0x0604).putShort((short) (1 + random.nextInt(3)));
    putMac(frame);
    frame.put(address(Values.IPV4));
    putMac(frame);
    frame.put(address(Values.IPV4));
  }

  private byte[] address(String[] of) {
    try {
      return InetAddress.getByName(Values.one(random, of)).getAddress();
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private void putIpv4(ByteBuffer frame) {
    frame.putShort((short) 0x0800);
    int start = frame.position();
    int words = random.nextInt(6) == 0 ? 5 + random.nextInt(11) : 5;
    int fragment =
        switch (random.nextInt(8)) {
          case 0 -> 0x2000; // the first one
          case 1 -> 0x2000 | 64;
          case 2 -> 33; // the last one
          default -> 0x4000;
        };
    int protocol = Values.one(random, new int[] {TCP, TCP, UDP, UDP, ICMP, 132, 2, 47});
    frame.put((byte) (0x40 | words)).put((byte) tos()).putShort((short) 0).putShort((short) 7);
    frame.putShort((short) fragment).put((byte) Values.one(random, Values.TTL));
    frame.put((byte) protocol).putShort((short) 0);
    frame.put(address(Values.IPV4)).put(address(Values.IPV4));
    for (int i = 5; i < words; i++) {
      frame.putInt(0x0101_0101);
    }
    int transport = frame.position();
    putTransport(frame, protocol);
    frame.putShort(start + 2, (short) (frame.position() - start));
    long addresses = sum(frame, start + 12, 8);
    // Only a whole datagram's checksum can be made here; a fragment carries part of another sum.
    if ((fragment & 0x3fff) == 0) {
      putChecksum(frame, transport, protocol, addresses);
    }
    frame.putShort(start + 10, (short) ~fold(sum(frame, start, words * 4)));
  }

  private int tos() {
    return Values.one(random, Values.TOS) | random.nextInt(4);
  }

  private void putIpv6(ByteBuffer frame) {
    frame.putShort((short) 0x86dd);
    int start = frame.position();
    frame
        .putInt(6 << 28 | tos() << 20 | Values.one(random, Values.LABELS))
        .putShort((short) 0)
        .put((byte) 0);
    frame.put((byte) Values.one(random, Values.TTL));
    frame.put(address(Values.IPV6)).put(address(Values.IPV6));
    int nextAt = start + 6;
    for (int i = random.nextInt(5) == 0 ? 1 + random.nextInt(2) : 0; i > 0; i--) {
      int kind = EXTENSIONS[random.nextInt(EXTENSIONS.length)];
      frame.put(nextAt, (byte) kind);
      nextAt = frame.position();
      frame.putShort((short) (kind == 51 ? 1 : 0)).putShort((short) 0).putInt(0);
      if (kind == 51) {
        frame.putInt(9);
      }
    }
    boolean whole = true;
    if (random.nextInt(6) == 0) {
      frame.put(nextAt, (byte) FRAGMENT);
      nextAt = frame.position();
      // One without "more" and offset 0 is a whole packet, whose checksum OVS's own datapath leaves
      // as it is when addresses change; so only those that are malformed otherwise have it.
      int word = new int[] {spoil ? 0 : 1, 1, 8, 9}[random.nextInt(4)];
      whole = word == 0;
      frame.putShort((short) 0).putShort((short) word).putInt(77);
    }
    int protocol = Values.one(random, new int[] {TCP, TCP, UDP, UDP, ICMPV6, ICMPV6, 132, 59, 47});
    frame.put(nextAt, (byte) protocol);
    int transport = frame.position();
    putTransport(frame, protocol);
    frame.putShort(start + 4, (short) (frame.position() - start - 40));
    if (whole) {
      putChecksum(frame, transport, protocol, sum(frame, start + 8, 32));
    }
  }

  private void putTransport(ByteBuffer frame, int protocol) {
    int payload = random.nextInt(24);
    switch (protocol) {
      case TCP -> {
        putPorts(frame);
        frame.putLong(random.nextLong());
        int flags = new int[] {0x02, 0x12, 0x10, 0x18, 0x11}[random.nextInt(5)];
        int words = random.nextInt(4) == 0 ? 6 : 5;
        frame.putShort((short) (words << 12 | flags)).putShort((short) 512).putInt(0);
        frame.put(new byte[words * 4 - 20]);
      }
      case UDP -> {
        putPorts(frame);
        frame.putShort((short) (8 + payload)).putShort((short) 0);
      }
      case 132 -> {
        putPorts(frame);
        frame.putLong(random.nextLong());
      }
      case ICMPV6 -> {
        if (random.nextInt(3) == 0) {
          putIcmp(frame);
        } else {
          putNeighbour(frame);
          payload = random.nextInt(4) == 0 ? payload : 0; // else it would be bad options
        }
      }
      case ICMP -> putIcmp(frame);
      default -> frame.putLong(0);
    }
    byte[] rest = new byte[payload];
    random.nextBytes(rest);
    frame.put(rest);
  }

  private void putIcmp(ByteBuffer frame) {
    frame.put((byte) new int[] {0, 3, 8, 128, 135}[random.nextInt(5)]);
    frame.put((byte) random.nextInt(2)).putShort((short) 0).putInt(0x0001_0002);
    frame.put(new byte[16]);
  }

  /** A neighbour solicitation or advertisement; options that are not in their place if spoilt. */
  private void putNeighbour(ByteBuffer frame) {
    int type = 135 + random.nextInt(2);
    frame.put((byte) type).put((byte) (random.nextInt(8) == 0 ? 1 : 0)).putShort((short) 0);
    frame.putInt(Values.one(random, Values.ND_RESERVED));
    frame.put(address(Values.IPV6));
    if (random.nextInt(6) == 0) {
      frame.putLong(0x0e01_0102_0304_0506L); // a nonce
    }
    int addresses = random.nextInt(8) == 0 ? 2 : random.nextInt(5) == 0 ? 0 : 1;
    for (int i = 0; i < addresses; i++) {
      boolean own = !spoil || random.nextInt(4) != 0;
      int kind = i == 0 ? type - 134 : 137 - type;
      frame.put((byte) (own ? kind : 1 + random.nextInt(3))).put((byte) 1);
      putMac(frame);
    }
  }

  private void putPorts(ByteBuffer frame) {
    frame.putShort((short) Values.one(random, Values.TRANSPORT_PORTS));
    frame.putShort((short) Values.one(random, Values.TRANSPORT_PORTS));
  }

  /** Some UDP frames have none, which is legal in IPv4. */
  private void putChecksum(ByteBuffer frame, int transport, int protocol, long addresses) {
    int at =
        switch (protocol) {
          case TCP -> 16;
          case UDP -> random.nextInt(4) == 0 ? 0 : 6;
          case ICMP, ICMPV6 -> 2;
          default -> 0;
        };
    if (at == 0) {
      return;
    }
    int length = frame.position() - transport;
    long sum = sum(frame, transport, length);
    if (protocol != ICMP) {
      sum += addresses + length + protocol;
    }
    int checksum = ~fold(sum) & 0xffff;
    frame.putShort(transport + at, (short) (protocol == UDP && checksum == 0 ? -1 : checksum));
  }

  private static long sum(ByteBuffer frame, int from, int length) {
    long sum = 0;
    for (int i = 0; i < length; i++) {
      sum += (frame.get(from + i) & 0xffL) << ((i & 1) == 0 ? 8 : 0);
    }
    return sum;
  }

  private static int fold(long sum) {
    while (sum >>> 16 != 0) {
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return (int) sum;
  }
}
