// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BufferLedgerTest {
  private static final int SIZE = 64;
  private static final long UMEM_LENGTH = 1 << 20;
  private static final int FRAME = Umem.FRAME_LENGTH_MAX;

  private final BufferLedger ledger = new BufferLedger(SIZE);

  @BeforeEach
  void start() {
    ledger.start(UMEM_LENGTH, FRAME);
  }

  @Test
  void returnsWhatABufferWasPostedWith() {
    assertThat(ledger.add(4096, 0x7000L, 11, 3, (byte) 5)).isTrue();
    assertThat(ledger.count()).isEqualTo(1);
    assertThat(ledger.count(3)).isEqualTo(1);
    int slot = ledger.take(4096);
    assertThat(ledger.address(slot)).isEqualTo(0x7000L);
    assertThat(ledger.token(slot)).isEqualTo(11);
    assertThat(ledger.owner(slot)).isEqualTo(3);
    assertThat(ledger.reason(slot)).isEqualTo((byte) 5);
    assertThat(ledger.count()).isZero();
    assertThat(ledger.count(3)).isZero();
  }

  @Test
  void anOffsetThatWasNeverPostedIsUnknown() {
    ledger.add(4096, 0, 1, 0, (byte) 0);
    assertThat(ledger.take(4095)).isEqualTo(-1);
    assertThat(ledger.take(8192)).isEqualTo(-1);
    assertThat(ledger.count()).isEqualTo(1);
    assertThat(ledger.take(4096)).isNotNegative();
    assertThat(ledger.take(4096)).as("only once").isEqualTo(-1);
  }

  @Test
  void emptyLedgerRemembersNothingOfItsLastRound() {
    for (int i = 0; i < SIZE; i++) {
      ledger.add(offset(i), 0, i, 0, (byte) 0);
    }
    for (int i = 0; i < SIZE; i++) {
      ledger.take(offset(i));
    }
    assertThat(ledger.take(offset(0))).isEqualTo(-1);
    assertThat(ledger.count()).isZero();
  }

  @Test
  void framesThatCouldOverlapAreRefused() {
    long at = 512 * 1024;
    for (long distance : new long[] {0, 1, 63, 64, FRAME / 2, FRAME - 64, FRAME - 1}) {
      for (long other : new long[] {at - distance, at + distance}) {
        BufferLedger fresh = new BufferLedger(SIZE);
        fresh.start(UMEM_LENGTH, FRAME);
        assertThat(fresh.add(at, 0, 1, 0, (byte) 0)).isTrue();
        assertThat(fresh.add(other, 0, 2, 0, (byte) 0)).as("distance %d", distance).isFalse();
        assertThat(fresh.count()).isEqualTo(1);
        fresh.take(at);
        assertThat(fresh.add(other, 0, 2, 0, (byte) 0)).as("after it came back").isTrue();
      }
    }
  }

  @Test
  void neverTwoFramesThatOverlapWhateverTheOffsets() {
    long seed = 20_261_123;
    Random random = new Random(seed);
    for (int round = 0; round < 2000; round++) {
      BufferLedger fresh = new BufferLedger(SIZE);
      fresh.start(UMEM_LENGTH, FRAME);
      List<Long> accepted = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        long offset = 512L + random.nextInt(12_000);
        boolean overlaps = false;
        boolean near = false;
        for (long other : accepted) {
          overlaps |= Math.abs(other - offset) < FRAME;
          near |= Math.abs(other - offset) < FRAME + 64;
        }
        boolean added = fresh.add(offset, 0, i, 0, (byte) 0);
        if (overlaps) {
          assertThat(added).as("seed=%d, offset=%d among %s", seed, offset, accepted).isFalse();
        }
        if (!near) {
          assertThat(added).as("seed=%d, offset=%d among %s", seed, offset, accepted).isTrue();
        }
        if (added) {
          accepted.add(offset);
        }
      }
    }
  }

  /** As Linux's virtio-net driver posts them: the frame begins 12 bytes behind a line's start. */
  @Test
  void buffersThatLieSideBySideAreAllTaken() {
    ledger.start(UMEM_LENGTH, 1518);
    assertThat(ledger.add(18, 0, 0, 0, (byte) 0)).as("a chunk of the switch's own").isTrue();
    for (int i = 1; i < SIZE; i++) {
      int at = 1536 * (i % 2 == 0 ? i : SIZE - i); // each with neighbours before and behind it
      assertThat(ledger.add(4096 + at + 12, 0, i, 0, (byte) 0)).as("buffer %d", i).isTrue();
    }
  }

  @Test
  void firstAndLastBytesOfTheUmemAreNoSpecialCase() {
    long last = UMEM_LENGTH - FRAME;
    assertThat(ledger.add(512, 0, 1, 0, (byte) 0)).isTrue();
    assertThat(ledger.add(last, 0, 2, 0, (byte) 0)).isTrue();
    assertThat(ledger.add(last - 1, 0, 3, 0, (byte) 0)).isFalse();
    assertThat(ledger.take(512)).isNotNegative();
    assertThat(ledger.take(last)).isNotNegative();
  }

  @Test
  void keepsItsBooksWhenBuffersComeBackInAnyOrder() {
    long seed = 20_261_123;
    Random random = new Random(seed);
    Deque<Integer> posted = new ArrayDeque<>();
    int next = 0;
    for (int step = 0; step < 20_000; step++) {
      if (ledger.free() > 0 && random.nextBoolean()) {
        int number = next++;
        assertThat(ledger.add(offset(number), number, number, number % 3, (byte) 0)).isTrue();
        posted.add(number);
      } else if (!posted.isEmpty()) {
        int number = random.nextInt(4) == 0 ? posted.peekLast() : posted.peekFirst();
        posted.remove(number);
        int slot = ledger.take(offset(number));
        assertThat(slot).as("seed=%d", seed).isNotNegative();
        assertThat(ledger.token(slot)).as("seed=%d", seed).isEqualTo(number);
        assertThat(ledger.address(slot)).isEqualTo(number);
        assertThat(ledger.owner(slot)).isEqualTo(number % 3);
      }
      assertThat(ledger.count()).isEqualTo(posted.size());
      assertThat(ledger.count(0) + ledger.count(1) + ledger.count(2)).isEqualTo(posted.size());
    }
  }

  /** Distinct for any 64 numbers in a row, and more. */
  private static long offset(int number) {
    return 512 + (number % 400) * 2304L;
  }

  @Test
  void recoversEveryBufferOldestFirstAndIsEmptyThen() {
    for (int i = 0; i < 5; i++) {
      ledger.add(offset(i), 0, 100 + i, i, (byte) 0);
    }
    ledger.take(offset(1));
    List<String> recovered = new ArrayList<>();
    ledger.recover((owner, token) -> recovered.add(owner + ":" + token));
    assertThat(recovered).containsExactlyInAnyOrder("0:100", "2:102", "3:103", "4:104");
    assertThat(ledger.count()).isZero();
    ledger.start(UMEM_LENGTH, FRAME);
    assertThat(ledger.add(offset(0), 0, 1, 0, (byte) 0)).isTrue();
  }

  @Test
  void refusesToStartAnewWhileBuffersAreOut() {
    ledger.add(512, 0, 1, 0, (byte) 0);
    assertThatThrownBy(() -> ledger.start(UMEM_LENGTH, FRAME))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void countsOwnersOfAnyNumber() {
    ledger.add(512, 0, 1, 5000, (byte) 0);
    assertThat(ledger.count(5000)).isEqualTo(1);
    assertThat(ledger.count(70_000)).isZero();
  }
}
