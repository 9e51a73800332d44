// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.parts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.BufferList;
import io.iovtee.vswitch.datapath.FrameBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Buffers through the ring, in order and bounded. What two threads see is looked at by jcstress.
 */
final class BufferRingTest {
  private final BufferRing ring = new BufferRing(4);
  private final BufferList list = new BufferList();
  private final FrameBatch batch = new FrameBatch();

  /** Buffers {@code from..to-1}, each at a thousand times its token. */
  private void offer(int from, int to) {
    list.count = 0;
    for (int i = from; i < to; i++) {
      list.add(1000L * i, i);
    }
  }

  @Test
  void buffersComeBackInOrderWithTheirLengths() {
    for (int round = 0; round < 5; round++) { // round the ring more than once
      int first = round * 3 + 1;
      offer(first, first + 3);
      assertThat(ring.post(list)).isEqualTo(3);
      for (int i = first; i < first + 3; i++) {
        assertThat(ring.next()).isEqualTo(1000L * i);
        assertThat(ring.next()).as("the same until it is filled").isEqualTo(1000L * i);
        ring.fill(60 + i);
      }
      assertThat(ring.next()).isZero();
      batch.clear();
      assertThat(ring.take(batch)).isEqualTo(3);
      for (int i = 0; i < 3; i++) {
        assertThat(batch.token[i]).isEqualTo(first + i);
        assertThat(batch.address[i]).isEqualTo(1000L * (first + i));
        assertThat(batch.length[i]).isEqualTo(60 + first + i);
        assertThat(batch.owner[i]).isEqualTo(FrameBatch.HOST_POOL);
      }
    }
  }

  @Test
  void onlyWhatIsFilledIsTaken() {
    offer(1, 4);
    ring.post(list);
    assertThat(ring.isAnyFilled()).isFalse();
    assertThat(ring.isAnyEmpty()).isTrue();
    ring.fill(77);
    assertThat(ring.isAnyFilled()).isTrue();
    assertThat(ring.take(batch)).isEqualTo(1);
    assertThat(ring.take(batch)).isZero();
    assertThat(ring.outstanding()).isEqualTo(2);
    ring.fill(77);
    ring.fill(77);
    assertThat(ring.isAnyEmpty()).isFalse();
  }

  @Test
  void whatDoesNotFitStaysInTheList() {
    offer(1, 7);
    assertThat(ring.post(list)).isEqualTo(4);
    assertThat(list.count).isEqualTo(2);
    assertThat(Arrays.copyOf(list.token, 2)).containsExactly(5, 6);
    assertThat(Arrays.copyOf(list.address, 2)).containsExactly(5000, 6000);
    assertThat(ring.freeSlots()).isZero();
    assertThat(ring.post(list)).isZero();
    ring.fill(60);
    assertThat(ring.freeSlots()).as("a filled one is not free before it is taken").isZero();
    ring.take(batch);
    assertThat(ring.post(list)).isEqualTo(1);
  }

  @Test
  void aFullBatchLeavesTheRestInTheRing() {
    offer(1, 4);
    ring.post(list);
    ring.fill(60);
    ring.fill(60);
    for (int i = 1; i < FrameBatch.CAPACITY; i++) {
      batch.add(0, 60, 0, FrameBatch.HOST_POOL, (byte) 0);
    }
    assertThat(ring.take(batch)).isEqualTo(1);
    assertThat(batch.count).isEqualTo(FrameBatch.CAPACITY);
    batch.clear();
    assertThat(ring.take(batch)).isEqualTo(1);
  }

  @Test
  void everyBufferIsToldOfOnceInTheEnd() {
    offer(1, 5);
    ring.post(list);
    ring.fill(60);
    ring.fill(60);
    batch.add(0, 60, 0, FrameBatch.HOST_POOL, (byte) 0);
    ring.take(batch);
    offer(5, 6);
    ring.post(list);
    ring.fill(60);
    List<Integer> tokens = new ArrayList<>();
    ring.giveUp((owner, token) -> tokens.add(token));
    assertThat(tokens).containsExactly(3, 4, 5);
    ring.giveUp((owner, token) -> tokens.add(token));
    assertThat(tokens).hasSize(3);
    assertThat(ring.next()).isZero();
    assertThat(ring.isAnyFilled()).isFalse();
  }

  @Test
  void sizeIsAPowerOfTwo() {
    assertThatThrownBy(() -> new BufferRing(3)).hasMessageContaining("size=3");
  }
}
