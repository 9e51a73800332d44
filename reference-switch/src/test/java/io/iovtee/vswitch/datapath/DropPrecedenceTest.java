// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** All 64 code points, by a table of RFC 2597's names. */
final class DropPrecedenceTest {
  @Test
  void onlyAssuredForwardingHasOne() {
    Map<Integer, Integer> next = new HashMap<>();
    int[][] classes = {{10, 12, 14}, {18, 20, 22}, {26, 28, 30}, {34, 36, 38}}; // AF11 ... AF43
    for (int[] each : classes) {
      next.put(each[0], each[1]);
      next.put(each[1], each[2]);
    }
    for (int codePoint = 0; codePoint < 64; codePoint++) {
      int expected = next.getOrDefault(codePoint, codePoint);
      int twice = next.getOrDefault(expected, expected);
      assertThat(DropPrecedence.raised(codePoint << 2, 1)).isEqualTo(expected << 2);
      assertThat(DropPrecedence.raised(codePoint << 2, 2)).isEqualTo(twice << 2);
      assertThat(DropPrecedence.raised(codePoint << 2, 255)).isEqualTo(twice << 2);
    }
  }
}
