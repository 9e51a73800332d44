// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Waiting for the program runs that are under way. */
final class MembarrierTest {
  @Test
  void thisKernelWaits() {
    assertThat(Xsk.awaitProgramRuns()).isTrue();
  }

  @Test
  void anUnknownCommandIsAnErrorAndNoWait() {
    assertThat(SystemCalls.membarrier(1 << 30)).isEqualTo(-Errno.EINVAL);
  }
}
