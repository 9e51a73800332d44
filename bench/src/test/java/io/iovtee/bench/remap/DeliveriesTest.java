// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.remap.Deliveries.Period;
import org.junit.jupiter.api.Test;

/** What was lost, and when nothing came. */
final class DeliveriesTest {
  private static final long MS = 1_000_000;

  /** A frame each millisecond from 1 s on, each under way for half of one. */
  private static Deliveries frames(int count) {
    Deliveries deliveries = new Deliveries(count);
    for (int i = 0; i < count; i++) {
      deliveries.sent((1000 + i) * MS);
    }
    return deliveries;
  }

  private static void arrive(Deliveries deliveries, int from, int to) {
    for (int i = from; i < to; i++) {
      deliveries.arrived(i, (1000 + i) * MS + MS / 2);
    }
  }

  @Test
  void countsWhatDidNotArrive() {
    Deliveries deliveries = frames(100);
    arrive(deliveries, 0, 40);
    arrive(deliveries, 45, 100);
    assertThat(deliveries.period(1000 * MS, 1099 * MS)).isEqualTo(new Period(100, 5, 6));
  }

  @Test
  void looksOnlyAtWhatWasSentMeanwhile() {
    Deliveries deliveries = frames(100);
    arrive(deliveries, 0, 40);
    arrive(deliveries, 45, 100);
    assertThat(deliveries.period(1050 * MS, 1059 * MS)).isEqualTo(new Period(10, 0, 1));
    assertThat(deliveries.period(1041 * MS, 1043 * MS)).isEqualTo(new Period(3, 3, 0));
  }

  @Test
  void framesThatAreHeldBackMakeAGapAndNoLoss() {
    Deliveries deliveries = frames(100);
    arrive(deliveries, 0, 40);
    for (int i = 40; i < 60; i++) {
      deliveries.arrived(i, 1060 * MS);
    }
    arrive(deliveries, 60, 100);
    assertThat(deliveries.period(1000 * MS, 1099 * MS)).isEqualTo(new Period(100, 0, 20.5));
  }

  @Test
  void ignoresNumbersThatWereNeverSent() {
    Deliveries deliveries = frames(2);
    deliveries.arrived(-1, MS);
    deliveries.arrived(2, MS);
    deliveries.arrived(Long.MAX_VALUE, MS);
    assertThat(deliveries.period(1000 * MS, 1001 * MS)).isEqualTo(new Period(2, 2, 0));
    assertThat(deliveries.hasRoom()).isFalse();
  }
}
