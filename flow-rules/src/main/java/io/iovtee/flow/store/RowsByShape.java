// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.Match;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * The rows of a store by the shape of their matches: table and bits, without the values. There are
 * few shapes, as OVS's classifier has few subtables; who looks for the rules that a match covers
 * leaves out all shapes that lack one of its bits, and who looks for those that overlap one finds
 * the rows of most shapes by their values.
 *
 * <p>A row costs its place in a list. One thread.
 */
final class RowsByShape<R extends RuleRow> {
  /** Of each shape the rows by priority, highest first. */
  private final Map<Match, NavigableMap<Integer, List<R>>> rows = new HashMap<>();

  void add(R row) {
    List<R> same =
        rows.computeIfAbsent(row.rule.match().shape(), _ -> newLevels())
            .computeIfAbsent(row.rule.priority(), _ -> new PagedList<>());
    row.place = same.size();
    same.add(row);
  }

  private static <L> NavigableMap<Integer, L> newLevels() {
    return new TreeMap<>(Comparator.reverseOrder());
  }

  /** The last of its shape and priority takes its place. */
  void remove(R row) {
    Match shape = row.rule.match().shape();
    NavigableMap<Integer, List<R>> levels = rows.getOrDefault(shape, newLevels());
    List<R> same = levels.getOrDefault(row.rule.priority(), List.of());
    R last = same.removeLast();
    if (row.place < same.size()) {
      same.set(row.place, last);
      last.place = row.place;
    }
    if (same.isEmpty()) {
      levels.remove(row.rule.priority());
    }
    if (levels.isEmpty()) {
      rows.remove(shape);
    }
  }

  /**
   * Rows whose match is narrower than this one and looks at more bits, in no order. Of those that
   * look at the same bits only the same match can be covered: {@link #tablesWithShape}.
   *
   * @param wanted which of them
   */
  List<R> narrower(Match match, Predicate<R> wanted) {
    List<R> found = new ArrayList<>();
    Match own = match.shape();
    rows.forEach((shape, levels) -> {
      if (own.covers(shape) && !shape.inAnyTable().covers(own)) {
        for (List<R> same : levels.values()) {
          for (R row : same) {
            if (match.covers(row.rule.match()) && wanted.test(row)) {
              found.add(row);
            }
          }
        }
      }
    });
    return found;
  }

  /**
   * Where the rows are whose matches overlap any of these. A shape of which each match looks at all
   * bits has one row or so for it; of other shapes all rows must be looked at.
   *
   * @param same the rows with just this match
   */
  OverlapWalk<R> overlapping(List<Match> matches, Function<Match, List<R>> same) {
    OverlapWalk<R> walk = new OverlapWalk<>(matches);
    rows.forEach((shape, levels) -> {
      List<Match> here = matches.stream().filter(one -> one.table() == shape.table()).toList();
      boolean byValue = here.stream().map(Match::shape).allMatch(shape::covers);
      if (!here.isEmpty()) {
        walk.add(byValue ? byValue(here, shape, same) : levels);
      }
    });
    return walk;
  }

  private static <R extends RuleRow> NavigableMap<Integer, List<R>> byValue(
      List<Match> matches, Match shape, Function<Match, List<R>> same) {
    NavigableMap<Integer, List<R>> levels = newLevels();
    matches.stream()
        .map(match -> match.under(shape))
        .distinct()
        .flatMap(match -> same.apply(match).stream())
        .forEach(
            row -> levels.computeIfAbsent(row.rule.priority(), _ -> new ArrayList<>()).add(row));
    return levels;
  }

  /** The tables that this match is about and that have rows which look at just its bits. */
  List<Integer> tablesWithShape(Match match) {
    Match own = match.shape();
    List<Integer> tables = new ArrayList<>();
    for (Match shape : rows.keySet()) {
      if (own.covers(shape) && shape.inAnyTable().covers(own)) {
        tables.add(shape.table());
      }
    }
    return tables;
  }
}
