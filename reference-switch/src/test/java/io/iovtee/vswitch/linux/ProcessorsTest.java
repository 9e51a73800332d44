// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessorsTest {
  @Test
  void countsUpToTheHighestNumberOfTheKernelsList() {
    assertThat(Processors.count("0")).isEqualTo(1);
    assertThat(Processors.count("0-3")).isEqualTo(4);
    assertThat(Processors.count("0-3,8")).isEqualTo(9);
    assertThat(Processors.count("0,4-127")).isEqualTo(128);
  }

  @Test
  void thereAreAtLeastThoseThatRun() {
    assertThat(Processors.possible())
        .isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());
  }
}
