// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.FlowRule;
import java.util.Arrays;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a table by index, with the order in which they were added, in pages that never move.
 *
 * <p>One thread writes. A page's row is written before the index can be found by anybody, and again
 * only when nobody can find it any more; so whoever has the {@link View} that came with a
 * classifier reads rows without further care.
 */
final class RulePages {
  private static final int PAGE_SHIFT = 10;
  private static final int PAGE_SIZE = 1 << PAGE_SHIFT;

  private View view = new View(new FlowRule[0][], new long[0][]);

  /** What readers get: pages by number. The arrays of pages are never written, pages are. */
  record View(@Nullable FlowRule[][] rules, long[][] orders) {
    FlowRule rule(int index) {
      FlowRule rule = index >= 0 && index < limit() ? rules[index >>> PAGE_SHIFT][at(index)] : null;
      if (rule == null) {
        throw new NoSuchElementException("no rule has this index: index=" + index);
      }
      return rule;
    }

    boolean has(int index) {
      return index >= 0 && index < limit() && rules[index >>> PAGE_SHIFT][at(index)] != null;
    }

    long order(int index) {
      return orders[index >>> PAGE_SHIFT][at(index)];
    }

    /** Above all indexes that any rule has. */
    int limit() {
      return rules.length << PAGE_SHIFT;
    }

    private static int at(int index) {
      return index & (PAGE_SIZE - 1);
    }
  }

  View view() {
    return view;
  }

  void put(int index, FlowRule rule, long order) {
    int page = index >>> PAGE_SHIFT;
    int pages = view.rules.length;
    if (page >= pages) {
      int more = page + 1; // one at a time: pages are longer than the array of them
      FlowRule[][] rules = Arrays.copyOf(view.rules, more);
      long[][] orders = Arrays.copyOf(view.orders, more);
      for (int i = pages; i < more; i++) {
        rules[i] = new FlowRule[PAGE_SIZE];
        orders[i] = new long[PAGE_SIZE];
      }
      view = new View(rules, orders);
    }
    view.rules[page][View.at(index)] = rule;
    view.orders[page][View.at(index)] = order;
  }

  void remove(int index) {
    view.rules[index >>> PAGE_SHIFT][View.at(index)] = null;
  }
}
