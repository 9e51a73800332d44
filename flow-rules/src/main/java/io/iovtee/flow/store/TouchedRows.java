// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import io.iovtee.flow.FlowRule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The rows that one operation has touched, in this order, and the rule that each had before. A row
 * remembers its number here, so there is nothing to look up. One thread.
 */
final class TouchedRows<R extends RuleRow> {
  private final List<R> rows = new ArrayList<>();
  private final List<@Nullable FlowRule> before = new ArrayList<>();

  /** Notes what the row has now, if it is touched for the first time. */
  void add(R row) {
    if (!has(row)) {
      row.touched = rows.size();
      rows.add(row);
      before.add(row.present ? row.rule : null);
    }
  }

  @SuppressWarnings("ReferenceEquality") // a row is itself only
  boolean has(R row) {
    return row.touched < rows.size() && rows.get(row.touched) == row;
  }

  /** The rule of a touched row before, or null if there was none. */
  @Nullable FlowRule before(R row) {
    return before.get(row.touched);
  }

  /** The rows so far; a copy. */
  List<R> rows() {
    return new ArrayList<>(rows);
  }

  int size() {
    return rows.size();
  }

  /** Shows each row with the rule before. */
  void forEach(BiConsumer<R, @Nullable FlowRule> taker) {
    for (int i = 0; i < rows.size(); i++) {
      taker.accept(rows.get(i), before.get(i));
    }
  }
}
