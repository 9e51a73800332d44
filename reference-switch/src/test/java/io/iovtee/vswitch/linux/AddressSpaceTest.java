// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Copies: short ones go their own way, and each length must end where it should. */
final class AddressSpaceTest {
  private static final int MARGIN = 80;

  @Test
  void copiesAsManyBytesAsToldAndNoMore() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocate(512, 64);
      MemorySegment target = arena.allocate(512, 64);
      for (int length = 0; length <= 300; length++) {
        for (int shift = 0; shift < 3; shift++) {
          for (int i = 0; i < 512; i++) {
            source.set(JAVA_BYTE, i, (byte) (i * 7 + length));
          }
          target.fill((byte) 0x55);
          AddressSpace.copy(source.address() + shift, target.address() + MARGIN - shift, length);
          for (int i = 0; i < 512; i++) {
            int at = i - (MARGIN - shift);
            byte expected =
                at >= 0 && at < length ? (byte) ((at + shift) * 7 + length) : (byte) 0x55;
            assertThat(target.get(JAVA_BYTE, i))
                .as("length=%d shift=%d byte=%d", length, shift, i)
                .isEqualTo(expected);
          }
        }
      }
    }
  }
}
