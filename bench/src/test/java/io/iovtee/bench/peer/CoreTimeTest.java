// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class CoreTimeTest {
  private static final String STAT =
      """
      cpu  9 9 9 9 9 9 9 9 0 0
      cpu0 1 0 0 0 0 0 0 0 0 0
      cpu1 100 3 20 400 50 6 70 8 0 0
      cpu10 7 0 0 0 0 0 0 0 0 0
      """;

  @Test
  void interruptsAndSoftirqAreTheKernels() {
    assertThat(CoreTime.parse(STAT, 1)).isEqualTo(new CoreTime(103, 96, 458));
  }

  @Test
  void aNumberIsNotTheBeginningOfAnother() {
    assertThat(CoreTime.parse(STAT, 10).user()).isEqualTo(7);
    assertThatThrownBy(() -> CoreTime.parse(STAT, 2)).hasMessageContaining("cpu=2");
  }

  @Test
  void shareOfAWindow() {
    CoreTime window = new CoreTime(120, 190, 40).minus(new CoreTime(100, 100, 0));
    assertThat(window.kernelShare()).isEqualTo(0.6);
  }

  @Test
  void thisMachineHasAFirstCore() {
    assertThat(CoreTime.of(0).user()).isPositive();
  }
}
