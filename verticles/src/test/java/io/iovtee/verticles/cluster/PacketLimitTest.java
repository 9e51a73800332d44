// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Packets are followed however their bytes come, and a long one is refused by its header. */
final class PacketLimitTest {
  private static ByteBuffer packet(int length, int payload) {
    ByteBuffer bytes = ByteBuffer.allocate(PacketLimit.HEADER_LENGTH + payload);
    return bytes.put((byte) 4).putChar((char) 0).putInt(-1).putInt(length).position(bytes.limit());
  }

  /** Reads as Hazelcast does: whole headers, payload as it comes; the rest stays for later. */
  private static final class Reader {
    private final PacketLimit limit = new PacketLimit();
    private final ByteBuffer received = ByteBuffer.allocate(4_096);
    private long payloadLeft;
    int packets;

    void take(byte[] stream, int from, int to) throws IOException {
      received.put(stream, from, to - from);
      limit.check(received);
      received.flip();
      while (true) {
        int payload = (int) Math.min(payloadLeft, received.remaining());
        received.position(received.position() + payload);
        payloadLeft -= payload;
        if (payloadLeft > 0 || received.remaining() < PacketLimit.HEADER_LENGTH) {
          break;
        }
        received.position(received.position() + 7);
        payloadLeft = received.getInt();
        packets++;
      }
      received.compact();
    }
  }

  @Test
  void aPacketThatIsTooLongIsRefusedWithItsLastHeaderByte() throws IOException {
    for (int length : new int[] {PacketLimit.LENGTH_MAX + 1, Integer.MAX_VALUE, -1}) {
      ByteBuffer bytes = packet(length, 0);
      PacketLimit limit = new PacketLimit();
      limit.check(ByteBuffer.wrap(bytes.array()).position(PacketLimit.HEADER_LENGTH - 1));
      assertThatThrownBy(() -> limit.check(bytes)).hasMessageContaining("packet of " + length);
    }
    new PacketLimit().check(packet(PacketLimit.LENGTH_MAX, 0));
    new PacketLimit().check(packet(0, 0));
  }

  @Test
  void packetsInPiecesAreFollowed() throws IOException {
    long seed = 20261124;
    Random random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      ByteBuffer stream = ByteBuffer.allocate(100_000);
      int count = 1 + random.nextInt(40);
      for (int i = 0; i < count; i++) {
        int length = random.nextInt(300) * random.nextInt(3);
        byte[] payload = new byte[length];
        random.nextBytes(payload);
        stream.put(packet(length, 0).flip()).put(payload);
      }
      stream.put(packet(Integer.MAX_VALUE, 0).flip());
      int end = stream.position();
      int huge = end - 1;
      Reader reader = new Reader();
      int at = 0;
      while (at < huge) {
        int to = Math.min(huge, at + 1 + random.nextInt(700));
        reader.take(stream.array(), at, to);
        at = to;
      }
      assertThat(reader.packets).as("seed %d, run %d", seed, run).isEqualTo(count);
      assertThatThrownBy(() -> reader.take(stream.array(), huge, end))
          .as("seed %d, run %d", seed, run)
          .isInstanceOf(IOException.class);
    }
  }
}
