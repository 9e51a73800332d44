// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FlowFramesTest {
  private final FlowFrames frames = new FlowFrames(8);

  @ParameterizedTest
  @ValueSource(ints = {60, 65, 66, 1513, 1514})
  void tellsWhatItWasMadeWith(int length) {
    frames.make(7, 1L << 40, length);
    assertThat(frames.isIntact(frames.bytes().clone(), length)).isTrue();
    assertThat(frames.flow()).isEqualTo(7);
    assertThat(frames.number()).isEqualTo(1L << 40);
  }

  @Test
  void swappedAddressesAreIntact() {
    frames.make(3, 5, 100);
    byte[] bytes = frames.bytes().clone();
    System.arraycopy(frames.bytes(), 0, bytes, 6, 6);
    System.arraycopy(frames.bytes(), 6, bytes, 0, 6);
    assertThat(frames.isIntact(bytes, 100)).isTrue();
  }

  /** The UDP checksum is not used and the ports tell nothing: bytes 34 to 41 are free to change. */
  @Test
  void everyChangedByteThatMattersShows() {
    frames.make(3, 5, 100);
    for (int i = 0; i < 100; i++) {
      byte[] bytes = frames.bytes().clone();
      bytes[i] ^= 1;
      boolean free = i >= 34 && i < 42;
      assertThat(frames.isIntact(bytes, 100)).as("byte %d", i).isEqualTo(free);
    }
  }

  @Test
  void wrongLengthShows() {
    frames.make(3, 5, 100);
    for (int length : new int[] {0, 59, 99, 101}) {
      assertThat(frames.isIntact(Arrays.copyOf(frames.bytes(), 1600), length))
          .as("length %d", length)
          .isFalse();
    }
  }
}
