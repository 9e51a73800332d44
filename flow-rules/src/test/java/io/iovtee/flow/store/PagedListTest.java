// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A paged list does what an array list does, at its end. */
final class PagedListTest {
  private static final long SEED = 20_261_123;

  @Test
  void doesWhatAnArrayListDoes() {
    SplittableRandom random = new SplittableRandom(SEED);
    PagedList<Integer> paged = new PagedList<>();
    List<Integer> list = new ArrayList<>();
    for (int step = 0; step < 3_000; step++) {
      int kind = random.nextInt(20);
      int count = random.nextInt(PagedList.PAGE_SIZE / 4);
      if (kind < 12) {
        for (int i = 0; i < count; i++) {
          assertThat(paged.add(step + i)).isTrue();
          list.add(step + i);
        }
      } else if (kind < 18) {
        for (int i = 0; i < count && !list.isEmpty(); i++) {
          assertThat(paged.removeLast()).as("seed %d", SEED).isEqualTo(list.removeLast());
        }
      } else if (!list.isEmpty()) {
        int length = random.nextInt(list.size() + 1);
        paged.truncate(length);
        list.subList(length, list.size()).clear();
        for (int i = 0; i < length; i += 17) {
          assertThat(paged.set(i, -i)).isEqualTo(list.set(i, -i));
        }
      }
      assertThat(paged.size()).as("seed %d, step %d", SEED, step).isEqualTo(list.size());
      if (step % 100 == 0) {
        assertThat(paged).isEqualTo(list);
      }
    }
    assertThat(paged).isEqualTo(list);
  }

  @Test
  void refusesWhatItHasNot() {
    PagedList<Integer> paged = new PagedList<>();
    paged.addAll(List.of(1, 2, 3));
    assertThatThrownBy(() -> paged.get(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> paged.remove(1)).isInstanceOf(UnsupportedOperationException.class);
    paged.truncate(1);
    assertThatThrownBy(() -> paged.get(1)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(paged).containsExactly(1);
  }
}
