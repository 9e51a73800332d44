// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NumberedFrameTest {
  private final NumberedFrame made = new NumberedFrame();
  private final NumberedFrame seen = new NumberedFrame();

  @ParameterizedTest
  @ValueSource(ints = {60, 61, 64, 1513, 1514})
  void tellsWhatItWasMadeWith(int length) {
    made.make(7, 1L << 40, length);
    seen.wrap(made.bytes().clone(), length);
    assertThat(seen.isIntact()).isTrue();
    assertThat(seen.flow()).isEqualTo(7);
    assertThat(seen.number()).isEqualTo(1L << 40);
  }

  @Test
  void swappedAddressesAreIntact() {
    made.make(3, 5, 100);
    byte[] bytes = made.bytes().clone();
    System.arraycopy(made.bytes(), 0, bytes, 6, 6);
    System.arraycopy(made.bytes(), 6, bytes, 0, 6);
    seen.wrap(bytes, 100);
    assertThat(seen.isIntact()).isTrue();
  }

  @Test
  void everyChangedByteShows() {
    made.make(3, 5, 100);
    for (int i = 0; i < 100; i++) {
      byte[] bytes = made.bytes().clone();
      bytes[i] ^= 1;
      seen.wrap(bytes, 100);
      assertThat(seen.isIntact()).as("byte %d", i).isFalse();
    }
  }

  @Test
  void wrongLengthShows() {
    made.make(3, 5, 100);
    for (int length : new int[] {0, 59, 99, 101, 1515}) {
      seen.wrap(Arrays.copyOf(made.bytes(), 1600), length);
      assertThat(seen.isIntact()).as("length %d", length).isFalse();
    }
  }
}
