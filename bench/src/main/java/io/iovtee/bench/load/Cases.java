// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.report.Figure;
import io.iovtee.bench.report.Goal;
import io.iovtee.bench.report.Metric;
import io.iovtee.bench.report.Ratio;
import io.iovtee.bench.report.Row;
import io.iovtee.bench.report.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Collects readings over forks and rounds, and makes rows of them. */
final class Cases {
  private record Key(Map<String, Object> parameters, String subject, Metric metric) {}

  private static final class Entry {
    final List<List<Double>> forks = new ArrayList<>();
    final Map<String, List<Figure>> figures = new LinkedHashMap<>();
  }

  private final String scenario;
  private final Map<Key, Entry> entries = new LinkedHashMap<>();

  /**
   * @param scenario the bench command
   */
  Cases(String scenario) {
    this.scenario = scenario;
  }

  /**
   * Adds a reading.
   *
   * @param fork from 0
   * @param figures further numbers of the same trial; a row shows the median of each
   */
  void add(
      int fork,
      Map<String, Object> parameters,
      LoadSubject subject,
      Metric metric,
      double reading,
      List<Figure> figures) {
    Key key = new Key(new LinkedHashMap<>(parameters), subject.label(), metric);
    Entry entry = entries.computeIfAbsent(key, unused -> new Entry());
    while (entry.forks.size() <= fork) {
      entry.forks.add(new ArrayList<>());
    }
    entry.forks.get(fork).add(reading);
    for (Figure figure : figures) {
      entry.figures.computeIfAbsent(figure.key(), unused -> new ArrayList<>()).add(figure);
    }
  }

  /** One row for each case and subject, in the order in which they came, cases together. */
  List<Row> rows() {
    Map<Map<String, Object>, List<Row>> byCase = new LinkedHashMap<>();
    entries.forEach((key, entry) ->
        byCase.computeIfAbsent(key.parameters, unused -> new ArrayList<>()).add(row(key, entry)));
    return byCase.values().stream().flatMap(List::stream).toList();
  }

  private Row row(Key key, Entry entry) {
    List<Figure> medians = new ArrayList<>();
    for (List<Figure> figures : entry.figures.values()) {
      Figure first = figures.getFirst();
      double median = Series.of(figures.stream().map(Figure::value).toList()).median();
      medians.add(new Figure(first.key(), first.heading(), median, first.decimals()));
    }
    return new Row(
        scenario, key.parameters, key.subject, key.metric, entry.forks, medians, Goal.NONE);
  }

  /** Our copies over testpmd, write-through over our copies: in each case that has both. */
  static List<Ratio> ratios(List<Row> rows, Function<Map<String, Object>, Goal> goals) {
    List<Ratio> ratios = new ArrayList<>();
    for (Row above : rows) {
      for (Row below : rows) {
        if (compared(above.subject(), below.subject()) && Ratio.comparable(above, below)) {
          ratios.add(Ratio.between(above, below, goals.apply(above.parameters())));
        }
      }
    }
    return ratios;
  }

  private static boolean compared(String above, String below) {
    String rival =
        above.equals(LoadSubject.WRITE_THROUGH.label())
            ? LoadSubject.COPY.label()
            : LoadSubject.TESTPMD.label();
    return !above.equals(rival) && below.equals(rival);
  }
}
