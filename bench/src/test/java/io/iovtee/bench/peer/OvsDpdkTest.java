// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class OvsDpdkTest {
  /** As Open vSwitch 3.1.0 answers; the main thread's packets are not those of the traffic. */
  private static final String ANSWER =
      """
      pmd thread numa_id 0 core_id 1:
        packets received: 65000000
        packet recirculations: 0
        avg. datapath passes per packet: 1.00
        phwol hits: 0
        mfex opt hits: 0
        simple match hits: 0
        emc hits: 64999999
        smc hits: 0
        megaflow hits: 0
        avg. subtable lookups per megaflow hit: 0.00
        miss with success upcall: 1
        miss with failed upcall: 0
        avg. packets per output batch: 32.00
        idle cycles: 1000 (0.00%)
        processing cycles: 9750000000 (100.00%)
        avg cycles per packet: 150.00 (9750001000/65000000)
        avg processing cycles per packet: 150.00 (9750000000/65000000)
      main thread:
        packets received: 7
        processing cycles: 11 (1.00%)
      """;

  @Test
  void countersOfThePollThread() {
    assertThat(OvsDpdk.PmdCounters.parse(ANSWER))
        .isEqualTo(new OvsDpdk.PmdCounters(65_000_000, 9_750_000_000L));
  }

  @Test
  void anAnswerWithoutPollThreadIsAnError() {
    assertThatThrownBy(() -> OvsDpdk.PmdCounters.parse("main thread:\n  packets received: 7\n"))
        .isInstanceOf(PeerException.class)
        .hasMessageContaining("no counters of a PMD");
  }
}
