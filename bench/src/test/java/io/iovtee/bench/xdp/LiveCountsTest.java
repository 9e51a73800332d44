// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class LiveCountsTest {
  private static final LiveCounts EARLIER = new LiveCounts(100, 50, 0, 1_000);
  private static final LiveCounts LATER = new LiveCounts(2_100, 1_550, 3, 501_000);

  @Test
  void countsCrossTheProcessBorder() {
    assertThat(LiveCounts.parse(LATER.format() + "\n")).isEqualTo(LATER);
    assertThatThrownBy(() -> LiveCounts.parse("counts sent=1 received=2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no foreign");
  }

  @Test
  void ratesAreThoseOfADifference() {
    LiveCounts done = LATER.minus(EARLIER);
    assertThat(done).isEqualTo(new LiveCounts(2_000, 1_500, 3, 500_000));
    assertThat(done.sentMpps()).isCloseTo(4, within(1e-12));
    assertThat(done.receivedMpps()).isCloseTo(3, within(1e-12));
    assertThat(done.withReceived(1_000).receivedMpps()).isCloseTo(2, within(1e-12));
  }
}
