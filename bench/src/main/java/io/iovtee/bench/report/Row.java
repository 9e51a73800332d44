// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was measured of one subject in one case: a line of the table, a bar of the chart, an object
 * of {@code results[]}.
 *
 * @param scenario the bench command, for example {@code pvp}
 * @param parameters what tells its cases apart, for example {@code frameBytes=64}: text, numbers,
 *     booleans, in the order of the columns
 * @param subject who was measured
 * @param metric what the readings are
 * @param forks the readings of each start of the subject, in the order they were taken; one list
 *     for a subject that was started once
 * @param figures further numbers
 * @param goal for the median of the readings
 */
public record Row(
    String scenario,
    Map<String, Object> parameters,
    String subject,
    Metric metric,
    List<List<Double>> forks,
    List<Figure> figures,
    Goal goal) {

  /** Takes private copies. */
  public Row {
    parameters = new LinkedHashMap<>(parameters);
    forks = forks.stream().map(List::copyOf).toList();
    figures = List.copyOf(figures);
    if (forks.stream().allMatch(List::isEmpty)) {
      throw new IllegalArgumentException("no reading: " + scenario + " " + parameters + subject);
    }
  }

  /** A row without further numbers or a goal, of a subject that was started once. */
  public static Row of(
      String scenario,
      Map<String, Object> parameters,
      String subject,
      Metric metric,
      List<Double> readings) {
    return new Row(scenario, parameters, subject, metric, List.of(readings), List.of(), Goal.NONE);
  }

  /** The same row with these further numbers. */
  public Row with(List<Figure> newFigures) {
    return new Row(scenario, parameters, subject, metric, forks, newFigures, goal);
  }

  /** The same row with this goal. */
  public Row with(Goal newGoal) {
    return new Row(scenario, parameters, subject, metric, forks, figures, newGoal);
  }

  /** All readings, start by start. */
  public List<Double> readings() {
    return forks.stream().flatMap(List::stream).toList();
  }

  /** Over all readings. */
  public Series series() {
    return Series.of(readings());
  }

  /** Over the medians of the starts: what a start decides. */
  public Series forkMedians() {
    return Series.of(
        forks.stream().filter(f -> !f.isEmpty()).map(f -> Series.of(f).median()).toList());
  }

  /** What it belongs to: rows of the same case are compared with each other. */
  String caseName() {
    List<String> words = new ArrayList<>(List.of(scenario));
    parameters.forEach((key, value) -> words.add(key + "=" + value));
    return String.join(" ", words);
  }

  Map<String, @Nullable Object> toMap() {
    Series series = series();
    int decimals = metric.decimals() + 1;
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("scenario", scenario);
    map.putAll(parameters);
    map.put("subject", subject);
    map.put(metric.key() + "Median", Figure.rounded(series.median(), decimals));
    map.put(metric.key() + "Min", Figure.rounded(series.min(), decimals));
    map.put(metric.key() + "Max", Figure.rounded(series.max(), decimals));
    for (Figure figure : figures) {
      map.put(figure.key(), figure.json());
    }
    map.put(
        "forks",
        forks.stream()
            .map(fork -> fork.stream().map(r -> Figure.rounded(r, decimals)).toList())
            .toList());
    if (goal.isSet()) {
      map.putAll(goal.toMap(series.median()));
    }
    return map;
  }
}
