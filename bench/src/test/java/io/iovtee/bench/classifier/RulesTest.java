// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.bench.classifier.Flows.Spread;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.FlowKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is measured is what it is called: each key meets its rule, each rule one of four masks. */
final class RulesTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 100, 20_000})
  void eachFlowMeetsItsRule(int count) {
    Classifier classifier = Classifier.compile(Rules.make(count), _ -> 1);
    assertThat(classifier.subtableCount()).isEqualTo(Math.min(count, Rules.MASKS));
    long[] keys = new long[2 * FlowKey.WORDS];
    for (int flow = 0; flow < 3 * count; flow++) {
      Rules.layKey(flow, count, keys, 3);
      assertThat(classifier.lookup(keys, 3)).isEqualTo(flow % count);
    }
  }

  @Test
  void spreadsAreWhatTheySay() {
    int[] uniform = counts(new Flows(10, Spread.UNIFORM), 10);
    int[] zipf = counts(new Flows(10, Spread.ZIPF), 10);
    for (int count : uniform) {
      assertThat(count).isBetween(9_000, 11_000);
    }
    // 1 / (1 + 1/2 + ... + 1/10) of 100,000
    assertThat(zipf[0]).isBetween(33_000, 35_300);
    assertThat(zipf[1]).isBetween(16_200, 18_000);
    assertThat(zipf[9]).isBetween(3_100, 3_750);
  }

  private static int[] counts(Flows flows, int count) {
    int[] counts = new int[count];
    for (int i = 0; i < 100_000; i++) {
      counts[flows.next()]++;
    }
    return counts;
  }
}
