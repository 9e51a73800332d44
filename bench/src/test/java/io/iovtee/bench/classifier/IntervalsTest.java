// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.classifier.Interval.Cause;
import io.iovtee.bench.report.Figure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which changes count, and what frames were missed for. */
final class IntervalsTest {
  private static final CollectorPauses NONE = new CollectorPauses(0, 0);
  private static final CollectorPauses ONE = new CollectorPauses(1, 3);

  private static Interval change(long us, long lostUs, CollectorPauses pauses, long missed) {
    return new Interval(us * 1_000, lostUs * 1_000, 0, pauses, missed);
  }

  @Test
  void whatOthersDisturbedDoesNotCount() {
    assertThat(change(4_000, 3_900, NONE, 0).isRejected()).isTrue();
    assertThat(change(4_000, 50, NONE, 0).isRejected()).as("a usual wake-up").isFalse();
    assertThat(change(20, 3_900, NONE, 0).isRejected()).as("lost beside the change").isFalse();
    assertThat(change(4_000, 3_900, ONE, 0).isRejected()).as("our own collection").isFalse();
  }

  @Test
  void theSlowestIsStatedOfThoseThatCountAndOfAll() {
    Intervals all =
        new Intervals(
            List.of(
                change(20, 0, NONE, 0),
                change(9_000, 8_000, NONE, 0),
                change(1_500, 0, NONE, 0),
                change(30, 0, ONE, 0)));
    assertThat(all.figures())
        .extracting(Figure::key, Figure::value)
        .contains(
            org.assertj.core.api.Assertions.tuple("usMax", 1_500.0),
            org.assertj.core.api.Assertions.tuple("usMaxOfAll", 9_000.0),
            org.assertj.core.api.Assertions.tuple("over1ms", 1.0),
            org.assertj.core.api.Assertions.tuple("rejected", 1.0),
            org.assertj.core.api.Assertions.tuple("changes", 4.0),
            org.assertj.core.api.Assertions.tuple("collections", 1.0),
            org.assertj.core.api.Assertions.tuple("collectionMs", 3.0));
    assertThat(all.medians()).containsExactly(30.0);
  }

  @Test
  void compilersAreNamedWhereTheyRanForMostOfASlowChange() {
    Intervals all =
        new Intervals(
            List.of(
                new Interval(4_000_000, 0, 2_100_000, NONE, 0),
                new Interval(4_000_000, 0, 1_900_000, NONE, 0),
                new Interval(40_000, 0, 40_000, NONE, 0),
                new Interval(4_000_000, 3_900_000, 4_000_000, NONE, 0)));
    assertThat(all.figures())
        .extracting(Figure::key, Figure::value)
        .contains(
            org.assertj.core.api.Assertions.tuple("over1ms", 2.0),
            org.assertj.core.api.Assertions.tuple("over1msCompilers", 1.0));
  }

  @Test
  void framesAreMissedForTheirIntervalsCauseOrTheOneBefore() {
    Intervals all =
        new Intervals(
            List.of(
                change(20, 0, NONE, 1),
                change(20, 0, ONE, 10),
                change(20, 0, NONE, 100), // the NIC's account of the collection
                change(20, 0, NONE, 1_000),
                change(20, 90, NONE, 10_000),
                change(20, 90, ONE, 100_000)));
    assertThat(all.missed(Cause.COLLECTION)).isEqualTo(100_110);
    assertThat(all.missed(Cause.OTHERS)).isEqualTo(10_000);
    assertThat(all.missed(Cause.ELSE)).isEqualTo(1_001);
    assertThat(all.missed()).isEqualTo(111_111);
  }

  @Test
  void changesAreCountedBehindTheWarmUp() {
    List<Integer> made = new ArrayList<>();
    try (CoreWatch watch = new CoreWatch(name -> false)) {
      Intervals all = Intervals.measure(4, 3, watch, () -> 7L * made.size(), made::add);
      assertThat(made).containsExactly(0, 1, 2, 3, 4, 5, 6);
      assertThat(all.all()).hasSize(3).allMatch(one -> one.missed() == 7);
    }
  }
}
