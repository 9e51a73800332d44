// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frames.LoadFrame;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both ends of a wire, each with a mapping of its own, as two processes have it. */
final class SharedWireTest {
  private static final int ENTRIES = 8;

  private final SharedWire far = SharedWire.create(ENTRIES);
  private final SharedWire near = SharedWire.open(far.path(), ENTRIES);
  private final WireSender sender = new WireSender(far);
  private final WireReceiver receiver = new WireReceiver(near, false);

  @AfterEach
  void close() {
    near.close();
    far.close();
  }

  @Test
  void framesComeInOrderRoundAfterRound() {
    try (Arena arena = Arena.ofConfined()) {
      long buffer = arena.allocate(LoadFrame.LENGTH_MAX, 64).address();
      long sent = 0;
      long received = 0;
      for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 5; i++) {
          sender.send(1L << 48 | sent, -sent, 60 + (int) sent);
          sent++;
        }
        assertThat(receiver.waiting()).as("not yet shown").isZero();
        sender.flush();
        assertThat(receiver.waiting()).isEqualTo(5);
        assertThat(sender.allTaken()).isFalse();
        for (int i = 0; i < 5; i++) {
          int length = receiver.write(i, buffer);
          assertThat(length).isEqualTo(60 + (int) received);
          assertThat(LoadFrame.isOne(buffer, length)).isTrue();
          assertThat(LoadFrame.sequence(buffer)).isEqualTo(1L << 48 | received);
          assertThat(LoadFrame.timeNs(buffer)).isEqualTo(-received);
          received++;
        }
        receiver.remove(5);
        assertThat(receiver.waiting()).isZero();
        assertThat(sender.allTaken()).isTrue();
      }
    }
  }

  @Test
  void aFullWireHasNoRoom() {
    for (int i = 0; i < ENTRIES; i++) {
      assertThat(sender.room(1)).isEqualTo(ENTRIES - i);
      sender.send(i, 0, 60);
    }
    sender.flush();
    assertThat(sender.room(1)).isZero();
    receiver.remove(3);
    assertThat(sender.room(1)).isEqualTo(3);
    assertThat(sender.allTaken()).isFalse();
  }

  /** The NIC makes the frames: headers alone, or every byte. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void payloadIsWrittenOnlyIfAskedFor(boolean whole) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(LoadFrame.LENGTH_MAX, 64).fill((byte) 0x55);
      sender.send(1, 2, 1000);
      sender.flush();

      int length = new WireReceiver(near, whole).write(0, buffer.address());

      assertThat(length).isEqualTo(1000);
      byte[] payload = buffer.asSlice(60, 940).toArray(ValueLayout.JAVA_BYTE);
      byte[] untouched = new byte[940];
      Arrays.fill(untouched, (byte) 0x55);
      assertThat(Arrays.equals(payload, untouched)).isEqualTo(!whole);
    }
  }
}
