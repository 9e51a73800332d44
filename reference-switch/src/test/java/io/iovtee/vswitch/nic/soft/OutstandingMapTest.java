// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OutstandingMapTest {
  private static final long SEED = 99;

  /** Marked means: no outstanding buffer touches one of its cache lines. */
  @Test
  void agreesWithAListOfRanges() {
    Random random = new Random(SEED);
    for (int span : new int[] {60, 64, 1518, 1536, OutstandingMap.SPAN_MAX}) {
      int window = 1 << 20;
      OutstandingMap map = new OutstandingMap(span, window);
      List<Long> outstanding = new ArrayList<>();
      for (int round = 0; round < 20_000; round++) {
        if (random.nextInt(3) == 0 && !outstanding.isEmpty()) {
          map.clear(outstanding.remove(random.nextInt(outstanding.size())));
          continue;
        }
        long position = random.nextInt(window - span + 1);
        boolean touches = false;
        for (long other : outstanding) {
          touches |=
              position >>> 6 <= (other + span - 1) >>> 6
                  && other >>> 6 <= (position + span - 1) >>> 6;
        }
        assertThat(map.mark(position))
            .as("seed %d span %d round %d", SEED, span, round)
            .isEqualTo(!touches);
        if (!touches) {
          outstanding.add(position);
        }
      }
    }
  }

  @Test
  void staysSmallForLargeWindows() {
    long window = 1L << 42;
    OutstandingMap map = new OutstandingMap(1518, window);
    assertThat(map.mark(window - 1518)).isTrue();
    assertThat(map.mark(window - 1518)).isFalse();
    assertThat(map.mark(0)).isTrue();
    map.clear(window - 1518);
    assertThat(map.mark(window - 1518)).isTrue();
  }

  @Test
  void refusesSpansThatDoNotFitTwoWords() {
    assertThatThrownBy(() -> new OutstandingMap(OutstandingMap.SPAN_MAX + 1, 1 << 20))
        .hasMessageContaining("4033");
  }
}
