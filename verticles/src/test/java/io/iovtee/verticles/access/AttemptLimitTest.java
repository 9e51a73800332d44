// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Wrong tokens are bounded in number and in lines of the log. */
final class AttemptLimitTest {
  private static final long SECOND_NS = 1_000_000_000L;

  private final AtomicLong nowNs = new AtomicLong(7);
  private final AttemptLimit limit = new AttemptLimit(nowNs::get);

  private int allowed(int tries) {
    int allowed = 0;
    for (int i = 0; i < tries; i++) {
      if (limit.wrong()) {
        allowed++;
      }
    }
    return allowed;
  }

  @Test
  void aBurstAndThenSomeASecond() {
    assertThat(allowed(1000)).isEqualTo(AttemptLimit.BURST);
    nowNs.addAndGet(SECOND_NS);
    assertThat(allowed(1000)).isEqualTo(AttemptLimit.PER_SECOND);
    nowNs.addAndGet(3600 * SECOND_NS);
    assertThat(allowed(1000)).as("what is saved up").isEqualTo(AttemptLimit.BURST);
  }

  @Test
  void oneLineTellsOfAllSinceTheLast() {
    assertThat(allowed(1)).isEqualTo(1);
    assertThat(limit.toTell()).isEqualTo(1);
    for (int i = 0; i < 100; i++) {
      assertThat(limit.wrong()).isEqualTo(i < AttemptLimit.BURST - 1);
      assertThat(limit.toTell()).isZero();
    }
    nowNs.addAndGet(AttemptLimit.LINE_NS);
    assertThat(limit.wrong()).isTrue();
    assertThat(limit.toTell()).isEqualTo(101);
  }
}
