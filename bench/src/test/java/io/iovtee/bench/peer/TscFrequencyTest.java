// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class TscFrequencyTest {
  @Test
  void whatDpdkFoundCounts() {
    TscFrequency tsc = new TscFrequency();
    tsc.found(2600);
    tsc.found(0);
    assertThat(tsc.mhz()).isEqualTo(2600);
  }

  @Test
  void otherwiseTheProcessorsFrequency() {
    String text = "processor\t: 0\ncpu MHz\t\t: 2596.522\n\nprocessor\t: 1\ncpu MHz\t\t: 800.0\n";
    assertThat(TscFrequency.parse(text)).isEqualTo(2597);
    assertThatThrownBy(() -> TscFrequency.parse("processor : 0\n")).hasMessageContaining("testpmd");
  }
}
