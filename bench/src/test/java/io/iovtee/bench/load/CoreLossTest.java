// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.peer.SchedStat;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CoreLossTest {
  private static final Map<Integer, SchedStat> BEGIN =
      Map.of(1, new SchedStat(100, 10), 2, new SchedStat(50_000, 900));

  private static long loss(SchedStat poller, SchedStat other) {
    return CoreLoss.between(BEGIN, Map.of(1, poller, 2, other));
  }

  @Test
  void whatThePollThreadWaitedForOthers() {
    assertThat(loss(new SchedStat(9100, 510), new SchedStat(50_000, 900))).isEqualTo(500);
  }

  @Test
  void theProcessesOwnThreadsAreItsOwnAffair() {
    assertThat(loss(new SchedStat(9100, 510), new SchedStat(50_200, 5000))).isEqualTo(300);
    assertThat(loss(new SchedStat(9100, 510), new SchedStat(51_000, 5000))).isZero();
  }

  @Test
  void aThreadThatIsNewCounts() {
    SchedStat poller = new SchedStat(9100, 510);
    assertThat(CoreLoss.between(Map.of(), Map.of(1, poller))).isEqualTo(510);
  }
}
