// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.frames;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SequenceCheckTest {
  private final SequenceCheck check = new SequenceCheck(7, 4);

  private void add(long... numbers) {
    for (long number : numbers) {
      check.add(7, 1, number);
    }
  }

  private void assertCounts(long good, long missing, long duplicated, long reordered, long late) {
    assertThat(List.of(check.good(), check.missing(), check.duplicated(), check.reordered()))
        .isEqualTo(List.of(good, missing, duplicated, reordered));
    assertThat(check.late()).isEqualTo(late);
  }

  @Test
  void inOrder() {
    add(5, 6, 7, 8);
    assertCounts(4, 0, 0, 0, 0);
  }

  @Test
  void gapThatIsFilledLater() {
    add(0, 1, 4);
    assertCounts(3, 2, 0, 0, 0);
    add(2);
    assertCounts(4, 1, 0, 1, 0);
    add(2);
    assertCounts(4, 1, 1, 1, 0);
  }

  @Test
  void secondCopies() {
    add(0, 0, 1, 0, 1);
    assertCounts(2, 0, 3, 0, 0);
  }

  @Test
  void olderThanTheWindowOrThanTheStart() {
    add(100, 200, 136, 99);
    assertCounts(2, 99, 0, 0, 2);
    add(137);
    assertCounts(3, 98, 0, 1, 2);
  }

  @Test
  void jumpBeyondTheWindowForgetsIt() {
    add(0, 1000, 999, 1000);
    assertCounts(3, 998, 1, 1, 0);
  }

  @Test
  void flowsAreIndependentAndStrangersCounted() {
    check.add(7, 0, 10);
    check.add(7, 3, 20);
    check.add(8, 0, 11);
    check.add(7, 4, 11);
    check.add(7, -1, 11);

    assertThat(check.good()).isEqualTo(2);
    assertThat(check.missing()).isZero();
    assertThat(check.misdelivered()).isEqualTo(3);
  }

  /** Shuffled within the window, some lost, some doubled: the sums are those of the shuffling. */
  @Test
  void shuffledStreamAddsUp() {
    Random random = new Random(1);
    List<Long> numbers = new ArrayList<>();
    int lost = 0;
    int doubled = 0;
    for (long block = 0; block < 200; block++) {
      List<Long> part = new ArrayList<>();
      for (long i = 0; i < 16; i++) {
        boolean edge = (block == 0 && i == 0) || (block == 199 && i == 15);
        if (!edge && random.nextInt(10) == 0) {
          lost++;
          continue;
        }
        part.add(block * 16 + i);
        if (!edge && random.nextInt(10) == 0) {
          part.add(block * 16 + i);
          doubled++;
        }
      }
      if (block > 0 && block < 199) {
        Collections.shuffle(part, random);
      }
      numbers.addAll(part);
    }
    numbers.forEach(this::add);

    assertThat(check.good()).isEqualTo(3200L - lost);
    assertThat(check.missing()).isEqualTo(lost);
    assertThat(check.duplicated()).isEqualTo(doubled);
    assertThat(check.late()).isZero();
    assertThat(check.reordered()).isPositive();
  }
}
