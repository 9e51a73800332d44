// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.Match;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * Shows the rows that overlap any of some matches, in the order in which a lookup prefers them.
 * Goes down one priority after the other, so who has seen enough pays for no lower one. One use.
 */
final class OverlapWalk<R extends RuleRow> {
  private final List<Match> matches;
  private final PriorityQueue<Levels<R>> next =
      new PriorityQueue<>(
          Comparator.comparingInt((Levels<R> levels) -> levels.priority).reversed());

  /** The rows of one shape from some priority on. */
  private static final class Levels<R> {
    private final Iterator<Map.Entry<Integer, List<R>>> lower;
    private int priority;
    private List<R> rows = List.of();

    Levels(NavigableMap<Integer, List<R>> all) {
      lower = all.entrySet().iterator();
    }

    boolean advance() {
      if (!lower.hasNext()) {
        return false;
      }
      Map.Entry<Integer, List<R>> level = lower.next();
      priority = level.getKey();
      rows = level.getValue();
      return true;
    }
  }

  OverlapWalk(List<Match> matches) {
    this.matches = matches;
  }

  /** Adds rows by priority, highest first; whether they overlap is looked at later. */
  void add(NavigableMap<Integer, List<R>> rows) {
    addNext(new Levels<>(rows));
  }

  private void addNext(Levels<R> levels) {
    if (levels.advance()) {
      next.add(levels);
    }
  }

  /**
   * Shows rows until it says no.
   *
   * @return how many rows were looked at, shown or not
   */
  int show(Predicate<R> goOn) {
    List<R> equal = new ArrayList<>();
    int looked = 0;
    while (!next.isEmpty()) {
      int priority = next.element().priority;
      equal.clear();
      while (!next.isEmpty() && next.element().priority == priority) {
        Levels<R> levels = next.remove();
        addOverlapping(levels.rows, equal);
        looked += levels.rows.size();
        addNext(levels);
      }
      equal.sort(Comparator.comparingLong(row -> row.order));
      for (R row : equal) {
        if (!goOn.test(row)) {
          return looked;
        }
      }
    }
    return looked;
  }

  private void addOverlapping(List<R> rows, List<R> to) {
    for (R row : rows) {
      Match match = row.rule.match();
      for (Match wanted : matches) {
        if (match.overlaps(wanted)) {
          to.add(row);
          break;
        }
      }
    }
  }
}
