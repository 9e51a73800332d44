// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When an automatic mapping stops since it can lend too little. */
final class EligibleShareTest {
  @Test
  void stopsWhenNearlyNoBufferCanBeLent() {
    assertThat(EligibleShare.stopReason(102, 922)).isPresent();
    assertThat(EligibleShare.stopReason(103, 921)).isEmpty();
    assertThat(EligibleShare.stopReason(0, 1023)).isEmpty();
    assertThat(EligibleShare.stopReason(0, 1024))
        .hasValueSatisfying(why -> assertThat(why).contains("0 of 1024"));
  }

  @Test
  void countsFromItsStartOn() {
    SourceCounters counters = new SourceCounters();
    for (int i = 0; i < 2000; i++) {
      counters.addIneligible(1);
    }
    EligibleShare share = new EligibleShare();
    share.start(counters);
    counters.addLent(1024);
    assertThat(share.stopReason(counters)).isEmpty();
  }
}
