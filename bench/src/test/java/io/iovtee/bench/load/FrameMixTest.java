// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.iovtee.vswitch.frames.LoadFrame;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FrameMixTest {
  @Test
  void imixIsSevenToFourToOne() {
    FrameMix mix = FrameMix.parse("imix");
    assertThat(mix.lengths().stream().filter(length -> length == 60)).hasSize(7);
    assertThat(mix.lengths().stream().filter(length -> length == 590)).hasSize(4);
    assertThat(mix.lengths().stream().filter(length -> length == 1514)).hasSize(1);
    assertThat(mix.lengths()).hasSize(12);
    assertThat(mix.meanBytes()).isCloseTo((7 * 60 + 4 * 590 + 1514) / 12.0, within(1e-9));
  }

  @Test
  void framesHaveTheLengthsInOrder() {
    FrameMix mix = FrameMix.parse("imix");
    assertThat(Arrays.stream(mix.frames()).map(LoadFrame::length).toList())
        .isEqualTo(mix.lengths());
  }

  @Test
  void oneLength() {
    FrameMix mix = FrameMix.parse("1514");
    assertThat(mix.lengths()).containsExactly(1514);
    assertThat(mix.meanBytes()).isEqualTo(1514);
    assertThat(mix).hasToString("1514");
  }

  @ParameterizedTest
  @ValueSource(strings = {"59", "1515", "", "IMIX", "-64", "64.0", "99999999999"})
  void whatItIsNot(String text) {
    assertThatThrownBy(() -> FrameMix.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("neither imix nor a length in 60..1514");
  }
}
