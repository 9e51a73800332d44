// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import java.util.Collection;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The rows of a store in table order, among rows that are gone. These are forgotten a few at a
 * time, so that no change pays for all that came before it: a gap goes through the list, before it
 * those rows that are still there. One thread.
 */
final class OrderedRows<R extends RuleRow> {
  /** Rows that may be gone before it is worth while to forget them. */
  private static final int GONE_MIN = 1_024;

  /**
   * Rows that {@link #forget} looks at: more than one change adds, so that it comes to an end long
   * before as many are gone again.
   */
  static final int FORGET_ROWS = 64;

  private PagedList<R> rows = new PagedList<>();

  /** Places of the gap: from the first on they hold nothing, up to the second. */
  private int gapStart;

  private int gapEnd;

  /** Rows and rows that are gone. */
  int size() {
    return rows.size() - (gapEnd - gapStart);
  }

  /** Behind all others. */
  void add(R row) {
    rows.add(row);
  }

  private R get(int index) {
    return rows.get(index < gapStart ? index : index + gapEnd - gapStart);
  }

  /** All rows that are there. */
  Stream<R> present() {
    return presentFrom(0);
  }

  /** Those of them that have this order or a later one: without going through those before. */
  Stream<R> from(long order) {
    int low = 0;
    int high = size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (get(middle).order < order) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return presentFrom(low);
  }

  private Stream<R> presentFrom(int index) {
    return IntStream.range(index, size()).mapToObj(this::get).filter(row -> row.present);
  }

  /** Takes the place of all. */
  void set(Collection<R> others) {
    rows = new PagedList<>();
    rows.addAll(others);
    gapStart = 0;
    gapEnd = 0;
  }

  /**
   * Forgets some of the rows that are gone, if they are many. They may not come back then.
   *
   * @param present rows that are there
   * @param most rows to look at
   */
  void forget(int present, int most) {
    if (gapEnd == 0 && size() <= 2 * present + GONE_MIN) {
      return;
    }
    for (int looked = 0; looked < most && gapEnd < rows.size(); looked++) {
      R row = rows.get(gapEnd++);
      if (row.present) {
        rows.set(gapStart++, row);
      }
    }
    if (gapEnd == rows.size()) {
      rows.truncate(gapStart);
      gapStart = 0;
      gapEnd = 0;
    }
  }
}
