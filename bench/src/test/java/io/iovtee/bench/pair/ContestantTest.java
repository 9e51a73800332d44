// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.bench.peer.TscFrequency;
import io.iovtee.bench.peer.WindowOptions;
import org.junit.jupiter.api.Test;

final class ContestantTest {
  private final WindowOptions rules = new WindowOptions();

  ContestantTest() {
    rules.roundTripMaxNs = 250;
    rules.shareMin = 0.9;
  }

  /** A window between such cores is refused before anything is measured. */
  @Test
  @SuppressWarnings("NullAway") // there is no process: none is asked
  void noWindowBetweenCoresThatAreFarApart() {
    Contestant.Parts nothing = new Contestant.Parts(null, null, null);
    Contestant far =
        new Contestant(Scenario.ONEWAY, Subject.COPY, 1, () -> 251, new TscFrequency(), nothing);
    assertThatThrownBy(() -> far.measure(0.5, rules))
        .isInstanceOf(Contestant.RejectedWindow.class)
        .hasMessageContaining("far apart")
        .hasMessageContaining("251 ns");
  }

  @Test
  void coresAreFarApartAboveTheLimit() {
    assertThat(rules.farApart(250)).isNull();
    assertThat(rules.farApart(250.1)).isNotNull();
    rules.roundTripMaxNs = 1000;
    assertThat(rules.farApart(480)).as("a higher limit takes them all").isNull();
  }
}
