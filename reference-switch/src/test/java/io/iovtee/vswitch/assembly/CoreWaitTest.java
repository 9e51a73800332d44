// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How long a thread waited for its core. */
final class CoreWaitTest {
  @Test
  void readsTheSecondNumber() {
    assertThat(CoreWait.parse("123456 789 42\n")).isEqualTo(789);
  }

  @Test
  void saysSoWhenTheKernelDoesNotTell() {
    assertThat(CoreWait.parse("")).isEqualTo(-1);
    assertThat(CoreWait.parse("1 2")).isEqualTo(-1);
    assertThat(CoreWait.parse("1 x 3")).isEqualTo(-1);
    assertThat(CoreWait.UNKNOWN.waitNs()).isEqualTo(-1);
  }

  @Test
  void readsItsOwnThread() {
    assertThat(CoreWait.ofCurrentThread().waitNs()).isNotNegative();
  }
}
