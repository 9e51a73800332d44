// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.RuleGenerator;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

final class LookupBatchTest {
  private static final long SEED = 20_261_123;
  private static final ToIntFunction<String> PORTS = RuleGenerator.PORTS::indexOf;

  private final long[] keys = new long[LookupBatch.CAPACITY * FlowKey.WORDS];
  private final LookupBatch batch = new LookupBatch();

  /** All kinds of tables, batches of all lengths, keys of one table or of several. */
  @Test
  void eachKeyIsAnsweredAsAlone() {
    SplittableRandom random = new SplittableRandom(SEED);
    int found = 0;
    int lookups = 0;
    for (int table = 0; table < 60; table++) {
      RuleGenerator generator = new RuleGenerator(SEED + table, true);
      List<FlowRule> rules = new ArrayList<>();
      for (int i = 0; i < 1 + random.nextInt(120); i++) {
        FlowRule rule = generator.nextRule();
        // Often one priority for all: then their order decides.
        rules.add(
            table % 2 == 0
                ? rule
                : new FlowRule(9, 0, rule.match(), generator.nextActions(rule.match())));
      }
      Classifier classifier = Classifier.compile(rules, PORTS);
      LinearMatcher reference = new LinearMatcher(rules, PORTS);
      KeyGenerator generated = new KeyGenerator(SEED + table, rules, PORTS);
      for (int i = 0; i < 20; i++) {
        int count = random.nextInt(LookupBatch.CAPACITY + 1);
        batch.clear();
        for (int k = 0; k < count; k++) {
          generated.next(keys, k * FlowKey.WORDS);
          if (i % 2 == 0) {
            keys[k * FlowKey.WORDS + FlowKey.TABLE_WORD] &= ~MatchField.TABLE_MASK;
          }
          batch.add(k * FlowKey.WORDS);
        }
        classifier.lookup(keys, batch);
        for (int k = 0; k < count; k++) {
          String where = "seed %d, table %d, batch %d, key %d".formatted(SEED, table, i, k);
          int alone = classifier.lookup(keys, k * FlowKey.WORDS);
          assertThat(batch.found(k)).as(where).isEqualTo(alone);
          assertThat(alone).as(where).isEqualTo(reference.lookup(keys, k * FlowKey.WORDS));
          found += alone == Classifier.MISS ? 0 : 1;
          lookups++;
        }
      }
    }
    assertThat(found).as("of %d", lookups).isBetween(lookups / 4, lookups - lookups / 100);
  }

  /**
   * In so many rules some in one leaf have the same bits of the hash in their tags: the first that
   * is looked at is the wrong one then.
   */
  @Test
  void tellsRulesApartWhoseTagsHaveTheSameHash() {
    int count = 400_000;
    ClassifierEditor editor = new ClassifierEditor(PORTS);
    for (int i = 0; i < count; i++) {
      editor.put(i, address(i), i);
    }
    Classifier classifier = editor.publish();
    for (int from = 0; from < count; from += LookupBatch.CAPACITY) {
      batch.clear();
      for (int k = 0; k < LookupBatch.CAPACITY; k++) {
        layAddress(from + k, k * FlowKey.WORDS);
        batch.add(k * FlowKey.WORDS);
      }
      classifier.lookup(keys, batch);
      for (int k = 0; k < LookupBatch.CAPACITY; k++) {
        assertThat(batch.found(k)).isEqualTo(from + k);
      }
    }
  }

  private static FlowRule address(int address) {
    return FlowRule.of(
        5,
        Match.builder().with(MatchField.DL_TYPE, 0x0800).with(MatchField.NW_DST, address).build(),
        Action.DROP);
  }

  private void layAddress(int address, int offset) {
    keys[offset] = (long) FlowKey.TYPE_IPV4 << FlowKey.DL_TYPE_SHIFT;
    keys[offset + FlowKey.NW_ADDRESS_WORD] = address;
  }

  @Test
  void isFullAtItsCapacityAndEmptyWhenCleared() {
    Classifier empty = Classifier.compile(List.of(), PORTS);
    empty.lookup(keys, batch);
    for (int k = 0; k < LookupBatch.CAPACITY; k++) {
      batch.add(0);
    }
    assertThatThrownBy(() -> batch.add(0)).isInstanceOf(ArrayIndexOutOfBoundsException.class);
    batch.clear();
    assertThat(batch.count()).isZero();
    batch.add(0);
    empty.lookup(keys, batch);
    assertThat(batch.found(0)).isEqualTo(Classifier.MISS);
  }
}
