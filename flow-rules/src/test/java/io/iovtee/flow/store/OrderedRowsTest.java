// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Rows that are gone are forgotten a few at a time, and never seen meanwhile. */
final class OrderedRowsTest {
  private static final long SEED = 20_261_123;
  private static final FlowRule RULE = FlowRuleParser.parseRule("actions=drop");

  private final OrderedRows<RuleRow> ordered = new OrderedRows<>();
  private final List<RuleRow> expected = new ArrayList<>();
  private long nextOrder;

  private void add() {
    RuleRow row = new RuleRow(nextOrder, RULE);
    row.order = nextOrder++;
    row.present = true;
    ordered.add(row);
    expected.add(row);
  }

  private void take(int at) {
    expected.remove(at).present = false;
  }

  @Test
  void theOrderStaysWhileRowsAreForgotten() {
    SplittableRandom random = new SplittableRandom(SEED);
    int longest = 0;
    for (int step = 0; step < 60_000; step++) {
      boolean grows = step < 10_000;
      if (random.nextInt(grows ? 8 : 2) > 0 || expected.isEmpty()) {
        add();
      } else {
        take(random.nextInt(expected.size()));
      }
      ordered.forget(expected.size(), OrderedRows.FORGET_ROWS);
      longest = Math.max(longest, ordered.size() - expected.size());
      if (step % 500 == 0) {
        assertThat(ordered.present()).as("seed %d, step %d", SEED, step).isEqualTo(expected);
        RuleRow some = expected.get(random.nextInt(expected.size()));
        assertThat(ordered.from(some.order).findFirst()).contains(some);
      }
    }
    // 8,700 rows or so come to stay, and 25,000 of those behind them go again.
    assertThat(longest).as("rows that are gone").isLessThan(2 * expected.size());
  }

  @Test
  void noChangePaysForAllThatCameBefore() {
    for (int i = 0; i < 10_000; i++) {
      add();
    }
    while (expected.size() > 10) {
      take(expected.size() / 2);
    }
    int calls = 0;
    for (int before = ordered.size(); before > 1_000; calls++) {
      ordered.forget(expected.size(), OrderedRows.FORGET_ROWS);
      assertThat(before - ordered.size()).isBetween(0, OrderedRows.FORGET_ROWS);
      before = ordered.size();
      assertThat(ordered.present()).isEqualTo(expected);
    }
    assertThat(calls).isGreaterThan(100);
  }
}
