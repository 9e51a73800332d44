// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One subject's readings over another's in the same case: the quotient of the medians, and the
 * extremes of the quotients of readings taken in the same round, which see the same drift of the
 * machine.
 */
public record Ratio(
    Row above, Row below, double value, double roundMin, double roundMax, Goal goal) {

  /**
   * Of two rows.
   *
   * @throws IllegalArgumentException if they are not of the same case and metric
   */
  public static Ratio between(Row above, Row below, Goal goal) {
    if (!comparable(above, below)) {
      throw new IllegalArgumentException(
          "not the same case: " + above.caseName() + ", " + below.caseName());
    }
    List<Double> quotients = new ArrayList<>();
    for (int fork = 0; fork < Math.min(above.forks().size(), below.forks().size()); fork++) {
      List<Double> upper = above.forks().get(fork);
      List<Double> lower = below.forks().get(fork);
      for (int round = 0; round < Math.min(upper.size(), lower.size()); round++) {
        quotients.add(upper.get(round) / lower.get(round));
      }
    }
    Series byRound = Series.of(quotients);
    return new Ratio(
        above,
        below,
        above.series().median() / below.series().median(),
        byRound.min(),
        byRound.max(),
        goal);
  }

  /** Whether the rows differ in their subject only. */
  public static boolean comparable(Row one, Row other) {
    return one.scenario().equals(other.scenario())
        && one.parameters().equals(other.parameters())
        && one.metric().equals(other.metric());
  }

  /** Subject above / subject below. */
  public String name() {
    return above.subject() + "/" + below.subject();
  }

  /** Whether the goal is reached; true without a goal. */
  public boolean met() {
    return goal.met(value);
  }

  Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("scenario", above.scenario());
    map.putAll(above.parameters());
    map.put("metric", above.metric().key());
    map.put("ratio", name());
    map.put("value", Figure.rounded(value, 3));
    map.put("roundMin", Figure.rounded(roundMin, 3));
    map.put("roundMax", Figure.rounded(roundMax, 3));
    map.putAll(goal.toMap(value));
    return map;
  }

  /** One line for people, its first two columns padded to these widths. */
  String line(int caseWidth, int nameWidth) {
    return String.format(
        Locale.ROOT,
        "%-" + caseWidth + "s  %-" + nameWidth + "s %6.2f x  (in one round %.2f to %.2f)  %s\n",
        above.caseName(),
        name(),
        value,
        roundMin,
        roundMax,
        goal.text(value));
  }
}
