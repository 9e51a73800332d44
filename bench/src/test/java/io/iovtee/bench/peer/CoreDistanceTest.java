// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.iovtee.vswitch.linux.Capability;
import io.iovtee.vswitch.linux.Scheduler;
import org.junit.jupiter.api.Test;

class CoreDistanceTest {
  @Test
  void aLineTakesMoreThanAFirstCacheAndLessThanASchedulersTurn() {
    assumeThat(Capability.SYS_ADMIN.isEffective()).as("real-time threads need root").isTrue();
    assumeThat(Scheduler.affinity().cardinality()).as("two cores").isGreaterThan(1);
    int near = Scheduler.affinity().nextSetBit(0);
    int far = Scheduler.affinity().nextSetBit(near + 1);

    assertThat(new CoreDistance(near, far).roundTripNs()).isBetween(5.0, 100_000.0);
  }

  @Test
  void aCoreThatIsNotThereIsNamed() {
    int near = Scheduler.affinity().nextSetBit(0);

    assertThatThrownBy(() -> new CoreDistance(near, 1000))
        .isInstanceOf(PeerException.class)
        .hasMessageContaining("1000");
  }
}
