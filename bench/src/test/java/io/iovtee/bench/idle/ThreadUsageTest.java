// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.idle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class ThreadUsageTest {
  private static final String STATUS =
      """
      Name:\tiovtee-loop0
      Umask:\t0022
      State:\tS (sleeping)
      Threads:\t31
      voluntary_ctxt_switches:\t1234
      nonvoluntary_ctxt_switches:\t56
      """;

  @Test
  void voluntaryIsNotTheEndOfNonvoluntary() {
    assertThat(ThreadUsage.parse(STATUS, 789))
        .isEqualTo(new ThreadUsage("iovtee-loop0", 789, 1234, 56));
  }

  @Test
  void namesMayHaveBlanks() {
    assertThat(ThreadUsage.parse(STATUS.replace("iovtee-loop0", "VM Thread"), 0).name())
        .isEqualTo("VM Thread");
  }

  @Test
  void aLineThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> ThreadUsage.parse("Name:\tx\nvoluntary_ctxt_switches:\t1\n", 0))
        .hasMessageContaining("nonvoluntary_ctxt_switches");
  }
}
