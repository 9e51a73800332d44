// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How much faster one subject is than another: the quotient of the medians, and the extremes of the
 * quotients within one round, which see the same drift of the machine.
 *
 * @param goal what we want at least; empty if nothing was set
 */
record Ratio(
    Scenario scenario,
    int frameBytes,
    Subject above,
    Subject below,
    double value,
    double roundMin,
    double roundMax,
    OptionalDouble goal) {

  /** The comparisons that matter, each "above / below". */
  private static final List<List<Subject>> PAIRS =
      List.of(
          List.of(Subject.WRITE_THROUGH, Subject.COPY),
          List.of(Subject.WRITE_THROUGH, Subject.TESTPMD),
          List.of(Subject.COPY, Subject.TESTPMD));

  /** All ratios that the results allow, scenario by scenario and size by size. */
  static List<Ratio> of(List<Result> results) {
    List<Ratio> ratios = new ArrayList<>();
    for (Result below : results) {
      for (List<Subject> pair : PAIRS) {
        if (below.subject() != pair.get(1)) {
          continue;
        }
        for (Result above : results) {
          if (above.subject() == pair.get(0)
              && above.scenario() == below.scenario()
              && above.frameBytes() == below.frameBytes()) {
            ratios.add(between(above, below));
          }
        }
      }
    }
    return ratios;
  }

  private static Ratio between(Result above, Result below) {
    int rounds = Math.min(above.windows().size(), below.windows().size());
    double[] quotients = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      quotients[round] = above.windows().get(round).mpps() / below.windows().get(round).mpps();
    }
    Series byRound = Series.of(quotients);
    return new Ratio(
        above.scenario(),
        above.frameBytes(),
        above.subject(),
        below.subject(),
        above.mpps().median() / below.mpps().median(),
        byRound.min(),
        byRound.max(),
        Goals.of(above.scenario(), above.frameBytes(), above.subject(), below.subject()));
  }

  String name() {
    return above.label() + "/" + below.label();
  }

  /** Whether the goal is reached; true without a goal. */
  boolean met() {
    return goal.isEmpty() || value >= goal.getAsDouble();
  }
}
