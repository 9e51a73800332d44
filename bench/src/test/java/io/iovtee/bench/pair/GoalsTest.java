// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Ratio;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

final class GoalsTest {
  @Test
  void eachPairOfSubjectsOfOneCase() {
    List<Ratio> ratios =
        Goals.ratios(
            List.of(
                result(Scenario.PVP, 64, Subject.TESTPMD, 10, 20, 10),
                result(Scenario.PVP, 64, Subject.COPY, 10, 10, 10),
                result(Scenario.PVP, 64, Subject.WRITE_THROUGH, 20, 30, 15)));
    assertThat(ratios)
        .extracting(Ratio::name)
        .containsExactlyInAnyOrder("write-through/copy", "write-through/testpmd", "copy/testpmd");
    assertThat(ratios)
        .filteredOn(ratio -> ratio.name().equals("write-through/testpmd"))
        .singleElement()
        .satisfies(ratio -> {
          assertThat(ratio.value()).isEqualTo(2);
          assertThat(ratio.goal()).isEqualTo(Goal.atLeast(1.3));
          assertThat(ratio.met()).isTrue();
        });
  }

  @Test
  void autoHasTheSameGoalAtEachLength() {
    for (int bytes : new int[] {64, 256, 512, 1024, 1514}) {
      for (Scenario scenario : Scenario.values()) {
        Result auto = result(scenario, bytes, Subject.AUTO, 1);
        assertThat(Goals.of(auto, Subject.COPY)).isEqualTo(Goal.atLeast(0.98));
        assertThat(Goals.of(auto, Subject.WRITE_THROUGH)).isEqualTo(Goal.NONE);
      }
    }
    assertThat(
            Goals.ratios(
                List.of(
                    result(Scenario.PVP, 256, Subject.COPY, 10),
                    result(Scenario.PVP, 256, Subject.AUTO, 9.7))))
        .singleElement()
        .satisfies(ratio -> assertThat(ratio.met()).isFalse());
  }

  @Test
  void mappingsNameTheirMode() {
    assertThat(Contestants.mappings(2, "auto", false))
        .contains("{queue: nic0/0, port: nf0, isolation: trusted, mode: \"auto\"}")
        .contains("{queue: nic0/1, port: nf1, isolation: trusted, mode: \"auto\"}");
  }

  @Test
  void onlyLikeIsComparedWithLike() {
    assertThat(
            Goals.ratios(
                List.of(
                    result(Scenario.PVP, 64, Subject.TESTPMD, 10),
                    result(Scenario.PVP, 1514, Subject.COPY, 10),
                    result(Scenario.ONEWAY, 64, Subject.COPY, 10))))
        .isEmpty();
  }

  @Test
  void goalsDependOnPathAndLength() {
    assertThat(Goals.of(result(Scenario.ONEWAY, 1514, Subject.WRITE_THROUGH, 1), Subject.TESTPMD))
        .isEqualTo(Goal.atLeast(4.0));
    assertThat(Goals.of(result(Scenario.PVP, 1514, Subject.WRITE_THROUGH, 1), Subject.COPY))
        .isEqualTo(Goal.atLeast(1.98));
    assertThat(Goals.of(result(Scenario.ONEWAY, 64, Subject.WRITE_THROUGH, 1), Subject.COPY))
        .isEqualTo(Goal.NONE);
    Result copying = result(Scenario.ONEWAY, Nic.SOFT_COPY, 1514, Subject.WRITE_THROUGH, 1);
    assertThat(Goals.of(copying, Subject.TESTPMD)).isEqualTo(Goal.atLeast(1.98));
    Result shortCopying = result(Scenario.ONEWAY, Nic.SOFT_COPY, 64, Subject.WRITE_THROUGH, 1);
    assertThat(Goals.of(shortCopying, Subject.TESTPMD)).isEqualTo(Goal.NONE);
    Case fourFunctions = new Case(Scenario.PVP, Nic.SOFT, 64, 4, 1, 1);
    Result four = result(fourFunctions, Subject.WRITE_THROUGH, 1);
    assertThat(Goals.of(four, Subject.TESTPMD)).isEqualTo(Goal.atLeast(2.0));
    assertThat(Goals.of(four, Subject.COPY)).isEqualTo(Goal.NONE);
    assertThat(Goals.of(result(Scenario.PVP, 64, Subject.WRITE_THROUGH, 1), Subject.OVS))
        .isEqualTo(Goal.atLeast(2.0));
    assertThat(Goals.of(result(Scenario.PVP, 512, Subject.COPY, 1), Subject.TESTPMD))
        .as("a length without a goal")
        .isEqualTo(Goal.NONE);
  }

  @Test
  void anotherNicHasOtherGoalsAndIsNotComparedWithTheFirst() {
    Result xdp = result(Scenario.PVP, Nic.XDP, 64, Subject.WRITE_THROUGH, 1);
    assertThat(Goals.of(xdp, Subject.TESTPMD)).isEqualTo(Goal.atLeast(1.15));
    assertThat(Goals.of(xdp, Subject.OVS)).isEqualTo(Goal.atLeast(1.4));
    assertThat(Goals.of(xdp, Subject.COPY)).isEqualTo(Goal.NONE);
    assertThat(Goals.ratios(List.of(xdp, result(Scenario.PVP, 64, Subject.TESTPMD, 1)))).isEmpty();
  }

  @Test
  void roundsAreSpreadOverTheStarts() {
    assertThat(List.of(0, 1, 2, 3).stream().map(fork -> Comparison.firstRound(fork, 10, 3)))
        .containsExactly(0, 3, 6, 10);
  }

  private static Result result(Scenario scenario, int bytes, Subject subject, double... mpps) {
    return result(scenario, Nic.SOFT, bytes, subject, mpps);
  }

  private static Result result(
      Scenario scenario, Nic nic, int bytes, Subject subject, double... mpps) {
    return result(new Case(scenario, nic, bytes, 1, 1, 1), subject, mpps);
  }

  private static Result result(Case measured, Subject subject, double... mpps) {
    List<Window> windows =
        DoubleStream.of(mpps)
            .mapToObj(rate -> new Window(rate, rate, rate, 100, Double.NaN, 40, 0, 60, 1, 1, 0, 80))
            .toList();
    return new Result(measured, subject, List.of(windows), 0, Losses.NONE);
  }
}
