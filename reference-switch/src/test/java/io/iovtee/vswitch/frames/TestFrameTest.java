// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frames;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.frames.TestFrameReader.Verdict;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TestFrameTest {
  private static final TestFrame FRAME =
      new TestFrame(0x020000000011L, 0x0200000000aaL, 0xc6120001, 0xc6120002, 4096, 9);

  private final TestFrameReader reader = new TestFrameReader();

  private static byte[] frame(int length, int tenant, int flow, long sequence) {
    byte[] frame = new byte[length];
    FRAME.write(frame, 0, length, tenant, flow, sequence);
    return frame;
  }

  /** Written down by hand from the layout, checksum worked out by hand. */
  @Test
  void shortestFrameByteByByte() {
    byte[] frame = frame(60, 0x0102, 0x0304, 0x0506_0708_090aL);
    byte[] payload =
        HexFormat.of().parseHex("494f5674" + "0102" + "0304" + "05060708090a" + "00000000");
    CRC32C crc = new CRC32C();
    crc.update(payload, 0, 14);
    ByteBuffer.wrap(payload).putInt(14, (int) crc.getValue());

    assertThat(HexFormat.of().formatHex(frame, 0, 42))
        .isEqualTo(
            "020000000011"
                + "0200000000aa"
                + "0800"
                + "4500002e090a00004011e58dc6120001c6120002"
                + "10000009001a0000");
    assertThat(Arrays.copyOfRange(frame, 42, 60)).isEqualTo(payload);
  }

  @Test
  void longFrameSaysItAll() {
    byte[] frame = frame(1514, 0x80000001, 0x90000002, 0xa000000b_c0000003L);

    assertThat(reader.read(frame, 0, frame.length)).isEqualTo(Verdict.GOOD);
    assertThat(reader.tenant()).isEqualTo(0x80000001);
    assertThat(reader.flow()).isEqualTo(0x90000002);
    assertThat(reader.sequence()).isEqualTo(0xa000000b_c0000003L);
    assertThat(frame[42 + 24]).as("filler").isEqualTo((byte) (3 + 24));
    assertThat(frame[1513]).isEqualTo((byte) (3 + 1513 - 42));
  }

  @Test
  void everyLengthIsReadBackFromMemory() {
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocate(1514).address();
      for (int length = TestFrame.LENGTH_MIN; length <= TestFrame.LENGTH_MAX; length++) {
        FRAME.writeTo(address, length, 7, length, 1_000_000L + length);

        assertThat(reader.read(address, length)).as("length %d", length).isEqualTo(Verdict.GOOD);
        assertThat(reader.tenant()).isEqualTo(7);
        assertThat(reader.flow()).isEqualTo(length);
        assertThat(reader.sequence()).isEqualTo(1_000_000L + length);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 65, 66, 128, 1514})
  void everyChangedBitFromTheIpHeaderOnIsSeen(int length) {
    byte[] frame = frame(length, 1, 2, 3);
    for (int bit = 14 * 8; bit < length * 8; bit++) {
      boolean udpHeader = bit >= 34 * 8 && bit < 42 * 8;
      frame[bit / 8] ^= (byte) (1 << bit % 8);
      Verdict verdict = reader.read(frame, 0, length);
      frame[bit / 8] ^= (byte) (1 << bit % 8);

      if (udpHeader) {
        assertThat(verdict).as("UDP header has no checksum").isEqualTo(Verdict.GOOD);
      } else {
        assertThat(verdict).as("bit %d", bit).isNotEqualTo(Verdict.GOOD);
      }
    }
    assertThat(reader.read(frame, 0, length)).isEqualTo(Verdict.GOOD);
  }

  @Test
  void truncatedFrameIsNotGoodAndPaddedOneIs() {
    byte[] frame = Arrays.copyOf(frame(200, 1, 2, 3), 210);

    assertThat(reader.read(frame, 0, 210)).isEqualTo(Verdict.GOOD);
    for (int length = 0; length < 200; length++) {
      assertThat(reader.read(frame, 0, length)).isNotEqualTo(Verdict.GOOD);
    }
  }

  @Test
  void macAddressesAndVlanTagMayChange() {
    byte[] frame = frame(100, 1, 2, 3);
    byte[] tagged = new byte[104];
    System.arraycopy(frame, 6, tagged, 0, 6);
    System.arraycopy(frame, 0, tagged, 6, 6);
    tagged[12] = (byte) 0x81;
    tagged[15] = 5;
    System.arraycopy(frame, 12, tagged, 16, 88);

    assertThat(reader.read(tagged, 0, 104)).isEqualTo(Verdict.GOOD);
    assertThat(reader.sequence()).isEqualTo(3);
  }

  @Test
  void noiseIsForeignAndNeverThrows() {
    Random random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      byte[] noise = new byte[random.nextInt(1600)];
      random.nextBytes(noise);

      assertThat(reader.read(noise, 0, noise.length)).isEqualTo(Verdict.FOREIGN);
    }
  }

  @Test
  void lengthsAndNumbersThatDoNotFit() {
    byte[] target = new byte[2000];
    assertThatThrownBy(() -> FRAME.write(target, 0, 59, 0, 0, 0)).hasMessageContaining("length=59");
    assertThatThrownBy(() -> FRAME.write(target, 0, 1515, 0, 0, 0)).hasMessageContaining("1515");
    assertThatThrownBy(() -> FRAME.write(target, 0, 65, 65536, 0, 0)).hasMessageContaining("65536");
    assertThatThrownBy(() -> FRAME.write(target, 0, 60, 0, -1, 0)).hasMessageContaining("16 bits");
    assertThatThrownBy(() -> FRAME.write(target, 0, 60, 0, 0, 1L << 48))
        .hasMessageContaining("sequence 48");
  }
}
