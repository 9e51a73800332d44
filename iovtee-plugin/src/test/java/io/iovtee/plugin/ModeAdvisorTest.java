// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.verticles.iovtee.MappingMode;
import org.junit.jupiter.api.Test;

/** When an automatic mapping stops. */
final class ModeAdvisorTest {
  @Test
  void stopsWhenNearlyNoBufferCanBeLent() {
    assertThat(ModeAdvisor.stopReason(MappingMode.AUTO, 102, 922)).isPresent();
    assertThat(ModeAdvisor.stopReason(MappingMode.AUTO, 103, 921)).isEmpty();
    assertThat(ModeAdvisor.stopReason(MappingMode.AUTO, 0, 1023)).isEmpty();
    assertThat(ModeAdvisor.stopReason(MappingMode.AUTO, 0, 1024))
        .hasValueSatisfying(why -> assertThat(why).contains("0 of 1024"));
  }

  @Test
  void hasNoSayInOtherModes() {
    assertThat(ModeAdvisor.stopReason(MappingMode.ON, 0, 100_000)).isEmpty();
    assertThat(ModeAdvisor.stopReason(MappingMode.OFF, 0, 100_000)).isEmpty();
  }
}
