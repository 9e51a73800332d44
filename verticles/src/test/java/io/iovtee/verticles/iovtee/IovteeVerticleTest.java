// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.verticles.stats.StatsReport;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the engine is told of matched flows, and the words that people use. */
final class IovteeVerticleTest {
  private static InputStats input(String port, boolean guest, long frames, Map<String, Long> to) {
    return new InputStats(port, 0, guest, frames, 0, Map.of(), Map.of(), Map.of(), 0, to, Map.of());
  }

  private static StatsReport report(List<InputStats> before, List<InputStats> now) {
    return new StatsReport(
        0,
        new SwitchStats(2, now, List.of(), List.of()),
        Optional.of(new SwitchStats(1, before, List.of(), List.of())));
  }

  @Test
  void matchedFlowsAreDifferences() {
    List<MatchedFlows> flows =
        MatchedFlows.between(
            report(
                List.of(input("uplink", false, 100, Map.of("nf1", 60L, "nf2", 5L))),
                List.of(
                    input("uplink", false, 300, Map.of("nf1", 250L, "nf2", 5L)),
                    input("nf1", true, 50, Map.of()),
                    input("new", false, 50, Map.of("nf1", 50L)))));
    assertThat(flows)
        .containsExactly(new MatchedFlows(new QueueId("uplink", 0), 200, Map.of("nf1", 190L)));
  }

  @Test
  void countersThatWentBackSayNothing() {
    assertThat(
            MatchedFlows.between(
                report(
                    List.of(input("uplink", false, 100, Map.of())),
                    List.of(input("uplink", false, 10, Map.of("nf1", 10L))))))
        .isEmpty();
  }

  @Test
  void queuesAreWrittenInTwoWays() {
    assertThat(QueueId.parse("uplink/3")).isEqualTo(new QueueId("uplink", 3));
    assertThat(QueueId.parse("uplink:3")).isEqualTo(new QueueId("uplink", 3));
    assertThat(new QueueId("uplink", 3).id()).isEqualTo("uplink:3");
    assertThat(new QueueId("uplink", 3)).hasToString("uplink/3");
    for (String wrong : new String[] {"", "uplink", "/1", "uplink/", "uplink/x", "uplink/70000"}) {
      assertThatThrownBy(() -> QueueId.parse(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("queue");
    }
    assertThat(new QueueId("a", 9)).isLessThan(new QueueId("b", 0));
    assertThat(new QueueId("a", 9)).isLessThan(new QueueId("a", 10));
  }

  @Test
  void wrongWordsAreAnsweredWithTheRightOnes() {
    assertThat(Isolation.parse("scrub")).isEqualTo(Isolation.SCRUB);
    assertThatThrownBy(() -> Isolation.parse("lax"))
        .hasMessage("isolation must be one of strict, scrub, trusted: isolation=lax");
    assertThatThrownBy(() -> MappingMode.parse("maybe")).hasMessageContaining("on, off, auto");
  }
}
