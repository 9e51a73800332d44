// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.Match;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The rows of a store by the shape of their matches: table and bits, without the values. There are
 * few shapes, as OVS's classifier has few subtables; who looks for the rules that a match covers
 * leaves out all shapes that lack one of its bits.
 *
 * <p>A row costs its place in a list. One thread.
 */
final class RowsByShape<R extends RuleRow> {
  private final Map<Match, List<R>> rows = new HashMap<>();

  void add(R row) {
    List<R> same = rows.computeIfAbsent(row.rule.match().shape(), _ -> new ArrayList<>());
    row.place = same.size();
    same.add(row);
  }

  /** The last of its shape takes its place. */
  void remove(R row) {
    Match shape = row.rule.match().shape();
    List<R> same = rows.getOrDefault(shape, List.of());
    R last = same.removeLast();
    if (row.place < same.size()) {
      same.set(row.place, last);
      last.place = row.place;
    }
    if (same.isEmpty()) {
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
    rows.forEach((shape, same) -> {
      if (own.covers(shape) && !shape.inAnyTable().covers(own)) {
        for (R row : same) {
          if (match.covers(row.rule.match()) && wanted.test(row)) {
            found.add(row);
          }
        }
      }
    });
    return found;
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
