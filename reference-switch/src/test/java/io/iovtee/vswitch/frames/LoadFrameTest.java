// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frames;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LoadFrameTest {
  private static byte[] stamped(int preparedFor, int length, long sequence, long timeNs) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(LoadFrame.LENGTH_MAX, 64);
      new LoadFrame(preparedFor).prepare(buffer.address());
      new LoadFrame(length).stamp(buffer.address(), sequence, timeNs);
      return buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** A buffer takes frames of every length in turn: what depends on the length is written. */
  @ParameterizedTest
  @ValueSource(ints = {60, 61, 64, 590, 1514})
  void headersAreRightWhateverTheBufferHeldBefore(int length) {
    ByteBuffer frame = ByteBuffer.wrap(stamped(length == 60 ? 1514 : 60, length, 1, 2));

    assertThat(frame.getShort(12)).as("ethertype").isEqualTo((short) 0x0800);
    assertThat(frame.getShort(16)).as("IP length").isEqualTo((short) (length - 14));
    assertThat(TestFrameLayout.checksum(frame.array(), 14, 20)).as("IP checksum").isZero();
    assertThat(frame.get(23)).as("protocol").isEqualTo((byte) 17);
    assertThat(frame.getShort(38)).as("UDP length").isEqualTo((short) (length - 34));
  }

  @Test
  void saysWhichItIsAndWhenItWasToBeSent() {
    byte[] bytes = stamped(60, 60, 0x1234_5678_9abc_def0L, -5);
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes).address();
      assertThat(LoadFrame.isOne(address, 60)).isTrue();
      assertThat(LoadFrame.sequence(address)).isEqualTo(0x1234_5678_9abc_def0L);
      assertThat(LoadFrame.timeNs(address)).isEqualTo(-5);
      assertThat(LoadFrame.isOne(address, 59)).as("too short to hold both").isFalse();
    }
  }

  /** As the emulated NIC writes it: whatever stood there, the frame is one, and no longer. */
  @ParameterizedTest
  @CsvSource({"60, zeroes", "60, swapped", "590, older", "1514, zeroes", "590, swapped"})
  void aNicWritesHeadersWhereTheyAreNot(int length, String before) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(LoadFrame.LENGTH_MAX, 64);
      if (!before.equals("zeroes")) {
        new LoadFrame(1514).writeWhole(buffer.address(), 7, 8);
      }
      if (before.equals("swapped")) {
        byte[] addresses = buffer.asSlice(0, 12).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment.copy(addresses, 0, buffer, ValueLayout.JAVA_BYTE, 6, 6);
        MemorySegment.copy(addresses, 6, buffer, ValueLayout.JAVA_BYTE, 0, 6);
      }
      byte[] rest = buffer.asSlice(60).toArray(ValueLayout.JAVA_BYTE);

      new LoadFrame(length).write(buffer.address(), 3, 4);

      byte[] made = buffer.asSlice(0, 60).toArray(ValueLayout.JAVA_BYTE);
      assertThat(made).isEqualTo(Arrays.copyOf(stamped(length, length, 3, 4), 60));
      assertThat(buffer.asSlice(60).toArray(ValueLayout.JAVA_BYTE))
          .as("payload costs nothing")
          .isEqualTo(rest);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 590, 1514})
  void aNicThatCopiesWritesEveryByteOfTheFrameAndNoOther(int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(LoadFrame.LENGTH_MAX, 64).fill((byte) 0x55);

      new LoadFrame(length).writeWhole(buffer.address(), 3, 4);

      assertThat(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(stamped(length, length, 3, 4));
      byte[] behind = buffer.asSlice(length).toArray(ValueLayout.JAVA_BYTE);
      byte[] untouched = new byte[behind.length];
      Arrays.fill(untouched, (byte) 0x55);
      assertThat(behind).isEqualTo(untouched);
    }
  }

  @Test
  void aTestFrameIsNoLoadFrame() {
    byte[] bytes = new byte[60];
    new TestFrame(1, 2, 3, 4, 5, 6).write(bytes, 0, 60, 0, 0, 0);
    try (Arena arena = Arena.ofConfined()) {
      assertThat(LoadFrame.isOne(arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes).address(), 60))
          .isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {59, 1515})
  void lengthsThatItCanNotHave(int length) {
    assertThatThrownBy(() -> new LoadFrame(length))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("length=" + length);
  }
}
