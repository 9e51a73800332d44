// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.HostPool;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Frames that {@link FrameBatch#runEnd} puts in one run must have one key. */
final class FlowRunTest {
  private static final long SEED = 20261122;
  private static final int ROUNDS = 20_000;
  private static final int FRAMES = 16;

  private static final byte[] UDP = {
    2, 0, 0, 0, 0, 0x11, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 50, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0,
    1, 10, 0, 0, 2, 0x10, 0, 0x20, 0, 0, 30, 0, 0
  };

  private final HostPool pool = HostPool.create(1024, false);
  private final ChunkStack chunks = pool.slice(64);
  private final FrameBatch batch = new FrameBatch();
  private final long[] keys = new long[FRAMES * FlowKey.WORDS];

  @AfterEach
  void close() {
    pool.close();
  }

  private void add(byte[] frame) {
    int chunk = chunks.take();
    AddressSpace.copyFromArray(frame, 0, chunks.frameAddress(chunk), frame.length);
    batch.add(chunks.frameAddress(chunk), frame.length, chunk, FrameBatch.HOST_POOL, (byte) 0);
  }

  private void clear() {
    for (int i = 0; i < batch.count; i++) {
      chunks.give(batch.token[i]);
    }
    batch.clear();
  }

  private static byte[] udp(int length) {
    byte[] frame = new byte[length];
    System.arraycopy(UDP, 0, frame, 0, UDP.length);
    frame[16] = (byte) ((length - 14) >> 8);
    frame[17] = (byte) (length - 14);
    return frame;
  }

  @Test
  void framesOfOneFlowAreOneRun() {
    for (int i = 0; i < FRAMES; i++) {
      byte[] frame = udp(128);
      frame[19] = (byte) i; // identification
      frame[25] = (byte) i; // checksum
      frame[60] = (byte) i; // payload
      add(frame);
    }
    batch.capture(0, FrameBatch.FIRST_CAPTURE);
    assertThat(batch.runEnd(0)).isEqualTo(FRAMES);
  }

  @Test
  void equalRunsHaveEqualKeys() {
    Random random = new Random(SEED);
    long together = 0;
    for (int round = 0; round < ROUNDS; round++) {
      clear();
      byte[] base = udp(random.nextInt(4) == 0 ? 60 : 64 + random.nextInt(64));
      if (random.nextBoolean()) {
        base[23] = 6;
        base[46] = 0x50;
      }
      for (int i = 0; i < FRAMES; i++) {
        byte[] frame = base.clone();
        for (int change = random.nextInt(3); change > 0; change--) {
          frame[random.nextInt(60)] ^= (byte) (1 << random.nextInt(8));
        }
        add(frame);
      }
      for (int i = 0; i < FRAMES; i++) {
        batch.capture(i, FrameBatch.FIRST_CAPTURE);
        parse(i);
      }
      for (int from = 0; from < FRAMES; ) {
        batch.capture(from, FrameBatch.FIRST_CAPTURE);
        int end = batch.runEnd(from);
        assertThat(end).isGreaterThan(from);
        for (int i = from + 1; i < end; i++) {
          assertSameKey(from, i, round);
          together++;
        }
        from = end;
      }
    }
    assertThat(together).as("pairs compared").isGreaterThan(ROUNDS);
  }

  /** The guest writes to its frame after it was compared: what leaves is what was seen. */
  @Test
  void aLaterSnapshotHasTheBitsThatWereCompared() {
    for (int i = 0; i < 2; i++) {
      byte[] frame = udp(128);
      frame[19] = (byte) i; // identification: the frame's own
      add(frame);
    }
    batch.capture(0, FrameBatch.FIRST_CAPTURE);
    assertThat(batch.runEnd(0)).isEqualTo(2);
    long address = batch.address[1];
    for (int at : new int[] {0, 6, 12, 23, 26, 30, 34, 37}) {
      AddressSpace.putByte(address + at, (byte) ~AddressSpace.getByte(address + at));
    }
    assertThat(batch.snapshot(1)).isEqualTo(FrameBatch.FIRST_CAPTURE);
    byte[] expected = udp(128);
    expected[19] = 1;
    for (int at = 0; at < FrameBatch.FIRST_CAPTURE; at++) {
      assertThat(batch.headers[FrameBatch.HEADER_STRIDE + at])
          .as("byte %d", at)
          .isEqualTo(expected[at]);
    }
  }

  private void parse(int i) {
    HeaderParser.parse(
        batch.headers,
        i * FrameBatch.HEADER_STRIDE,
        batch.captured(i),
        batch.length[i],
        1,
        keys,
        i * FlowKey.WORDS);
  }

  private void assertSameKey(int a, int b, int round) {
    for (int word = 0; word < FlowKey.USED_WORDS; word++) {
      assertThat(keys[b * FlowKey.WORDS + word])
          .as("seed %d round %d frames %d and %d word %d", SEED, round, a, b, word)
          .isEqualTo(keys[a * FlowKey.WORDS + word]);
    }
  }
}
