// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.FlowRule;
import io.iovtee.flow.text.FlowRuleParser;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An index does what a map does, also where many rows have one hash. */
final class RowIndexTest {
  private static final long SEED = 20_261_123;
  private static final int STEPS = 40_000;
  private static final FlowRule RULE = FlowRuleParser.parseRule("actions=drop");

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 1 << 20})
  void doesWhatAMapDoes(int differentHashes) {
    SplittableRandom random = new SplittableRandom(SEED);
    RowIndex<RuleRow> index = new RowIndex<>(row -> (int) row.id() % differentHashes);
    Map<Long, RuleRow> map = new HashMap<>();
    int keys = differentHashes < 10 ? 100 : 5_000;
    for (int step = 0; step < STEPS; step++) {
      long id = random.nextInt(keys);
      int hash = (int) id % differentHashes;
      Predicate<RuleRow> isMeant = row -> row.id() == id;
      if (random.nextInt(5) < 3) {
        RuleRow row = new RuleRow(id, RULE);
        assertThat(index.put(row, isMeant)).as("seed %d", SEED).isSameAs(map.put(id, row));
      } else {
        index.remove(hash, isMeant);
        map.remove(id);
      }
      assertThat(index.size()).as("seed %d, step %d", SEED, step).isEqualTo(map.size());
      assertThat(index.find(hash, isMeant)).isSameAs(map.get(id));
    }
    for (long id = 0; id < keys; id++) {
      long wanted = id;
      assertThat(index.find((int) id % differentHashes, row -> row.id() == wanted))
          .as("seed %d, id %d", SEED, id)
          .isSameAs(map.get(id));
    }
  }

  /** With one table for all, some row would pay for all those before it. */
  @Test
  void noRowPaysForAllOthersWhenItGrows() {
    AtomicInteger hashed = new AtomicInteger();
    RowIndex<RuleRow> index =
        new RowIndex<>(row -> {
          hashed.incrementAndGet();
          return (int) row.id();
        });
    int most = 0;
    for (int id = 0; id < 200_000; id++) {
      hashed.set(0);
      assertThat(index.put(new RuleRow(id, RULE), _ -> false)).isNull();
      most = Math.max(most, hashed.get());
    }
    assertThat(index.size()).isEqualTo(200_000);
    assertThat(most).as("rows that one change moves").isBetween(10, 500);
  }
}
