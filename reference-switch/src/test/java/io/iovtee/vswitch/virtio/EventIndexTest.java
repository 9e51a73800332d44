// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is notified when (check R19, and the kick side of R22). */
final class EventIndexTest {
  private static final int SIZE = 8;
  private static final long FEATURES = FakeDriver.FEATURES | VirtioFeature.EVENT_IDX.mask();

  private final GuestArena arena = new GuestArena();

  @AfterEach
  void release() {
    arena.close();
  }

  /** By the specification's words: was the entry {@code event} among those just written? */
  private static boolean among(int event, int index, int count) {
    for (int i = 1; i <= count; i++) {
      if ((index - i & 0xffff) == event) {
        return true;
      }
    }
    return false;
  }

  @Test
  void r19_allDistancesAtEveryIndex() {
    int[] counts = {1, 2, 3, 64, 255};
    for (int index = 0; index <= 0xffff; index++) {
      for (int count : counts) {
        for (int distance = -2; distance <= 2; distance++) {
          int oldest = index - count + distance & 0xffff;
          int newest = index - 1 + distance & 0xffff;
          check(oldest, index, count);
          check(newest, index, count);
        }
      }
    }
  }

  @Test
  void r19_allEventsForSomeIndices() {
    long seed = 19;
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 40; round++) {
      int index = round == 0 ? 0 : random.nextInt(0x1_0000);
      int count = 1 + random.nextInt(round % 2 == 0 ? 100 : 0xffff);
      for (int event = 0; event <= 0xffff; event++) {
        int behind = index - 1 - event & 0xffff;
        assertThat(RingNotifications.passes(event, index, count))
            .as("seed=%d event=%d index=%d count=%d", seed, event, index, count)
            .isEqualTo(behind < count);
      }
    }
  }

  private static void check(int event, int index, int count) {
    if (RingNotifications.passes(event, index, count) != among(event, index, count)) {
      assertThat(RingNotifications.passes(event, index, count))
          .as("event=%d index=%d count=%d", event, index, count)
          .isEqualTo(among(event, index, count));
    }
  }

  @Test
  void callsComeExactlyWhenTheEventIsPassed() {
    FakeDriver driver = new FakeDriver(arena, SIZE);
    for (int head = 0; head < SIZE; head++) {
      driver.descriptor(head, FakeDriver.BUFFERS, 2048, VirtqDesc.Flag.WRITE, 0);
    }
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    assertThat(queue.needsCall()).as("nothing published").isFalse();
    driver.usedEvent(0x4000);
    deliver(driver, queue, 1);
    assertThat(queue.needsCall()).as("the first, whatever the event index says").isTrue();
    assertThat(queue.needsCall()).as("nothing new").isFalse();
    long seed = 4;
    var random = new SplittableRandom(seed);
    int index = 1;
    for (int round = 0; round < 200_000; round++) {
      int count = 1 + random.nextInt(SIZE);
      int event =
          random.nextInt(4) == 0 ? random.nextInt(0x1_0000) : index + random.nextInt(12) - 2;
      driver.usedEvent(event);
      deliver(driver, queue, count);
      index = index + count & 0xffff;
      if (queue.needsCall() != among(event & 0xffff, index, count)) {
        assertThat(event).as("seed %d, round %d, index %d", seed, round, index).isNegative();
      }
    }
    assertThat(driver.usedIndex()).isEqualTo(index);
  }

  @Test
  void callsAreNotLostOverSeveralPublishes() {
    FakeDriver driver = new FakeDriver(arena, SIZE);
    for (int head = 0; head < SIZE; head++) {
      driver.descriptor(head, FakeDriver.BUFFERS, 2048, VirtqDesc.Flag.WRITE, 0);
    }
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    deliver(driver, queue, 1);
    queue.needsCall();
    driver.usedEvent(2);
    for (int i = 0; i < 5; i++) {
      deliver(driver, queue, 1);
    }
    assertThat(queue.needsCall()).as("passed by an earlier publish").isTrue();
    // Once around the 16-bit space without asking: the event was passed, wherever it is.
    driver.usedEvent(3);
    for (int i = 0; i < 0x1_0000; i++) {
      deliver(driver, queue, 1);
    }
    assertThat(queue.needsCall()).isTrue();
  }

  @Test
  void aLookWithoutAFenceLeavesTheQuestionOpen() {
    FakeDriver driver = new FakeDriver(arena, SIZE);
    for (int head = 0; head < SIZE; head++) {
      driver.descriptor(head, FakeDriver.BUFFERS, 2048, VirtqDesc.Flag.WRITE, 0);
    }
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    deliver(driver, queue, 1);
    assertThat(queue.seemsToNeedCall()).as("the first").isTrue();
    assertThat(queue.needsCall()).as("answered").isFalse();
    driver.usedEvent(0x4000);
    deliver(driver, queue, 2);
    assertThat(queue.seemsToNeedCall()).isFalse();
    driver.usedEvent(1); // passed by the first of the two
    assertThat(queue.seemsToNeedCall()).as("the wish came late").isTrue();
    assertThat(queue.needsCall()).isFalse();
    driver.usedEvent(0x4000);
    deliver(driver, queue, 2);
    assertThat(queue.seemsToNeedCall()).isFalse();
    driver.usedEvent(4);
    assertThat(queue.needsCall()).as("the wish came late").isTrue();
  }

  /** Far behind the last sure answer an index would seem to be passed that is long behind. */
  @Test
  void manyLooksWithoutAFenceAreNotMistakenForAWish() {
    FakeDriver driver = new FakeDriver(arena, SIZE);
    driver.descriptor(0, FakeDriver.BUFFERS, 2048, VirtqDesc.Flag.WRITE, 0);
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    deliver(driver, queue, 1);
    assertThat(queue.needsCall()).isTrue();
    for (int i = 1; i < 3 * 0x1_0000; i++) {
      driver.usedEvent(i + 0x8000); // always far ahead
      deliver(driver, queue, 1);
      assertThat(queue.seemsToNeedCall()).as("entry %d", i).isFalse();
    }
  }

  @Test
  void callsByFlag() {
    FakeDriver driver = new FakeDriver(arena, SIZE);
    driver.descriptor(0, FakeDriver.BUFFERS, 2048, VirtqDesc.Flag.WRITE, 0);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    deliver(driver, queue, 1);
    assertThat(queue.needsCall()).isTrue();
    assertThat(queue.needsCall()).isFalse();
    driver.availFlags(AvailRing.Flag.NO_INTERRUPT);
    deliver(driver, queue, 1);
    assertThat(queue.needsCall()).isFalse();
    driver.availFlags(0xfffe);
    deliver(driver, queue, 1);
    assertThat(queue.needsCall()).as("reserved bits are ignored").isTrue();
  }

  @Test
  void suppressedKicksStaySuppressedAroundTheWrap() {
    FakeDriver driver = new FakeDriver(arena, SIZE);
    driver.descriptor(0, FakeDriver.BUFFERS, 2048, VirtqDesc.Flag.WRITE, 0);
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    queue.suppressKicks(true);
    for (int i = 0; i < 3 * 0x1_0000; i++) {
      deliver(driver, queue, 1);
      boolean kick = RingNotifications.passes(driver.availEvent(), driver.nextAvail(), 1);
      assertThat(kick).as("kick for entry %d", i).isFalse();
    }
    assertThat(driver.usedFlags()).isZero();
  }

  @Test
  void armedKickComesForTheNextEntry() {
    FakeDriver driver = new FakeDriver(arena, SIZE, FakeDriver.RINGS, 0xfffe);
    driver.descriptor(0, FakeDriver.BUFFERS, 2048, VirtqDesc.Flag.WRITE, 0);
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    for (int i = 0; i < 4; i++) {
      queue.suppressKicks(true);
      assertThat(queue.armKicks()).isFalse();
      int before = driver.nextAvail();
      driver.offer(0);
      assertThat(RingNotifications.passes(driver.availEvent(), before + 1, 1)).isTrue();
      assertThat(queue.armKicks()).as("there is work").isTrue();
      queue.deliver(new byte[60], 0, 60, 0, 60);
      queue.publish();
    }
  }

  private static void deliver(FakeDriver driver, ReceiveVirtqueue queue, int count) {
    for (int i = 0; i < count; i++) {
      driver.offer(i);
      assertThat(queue.deliver(new byte[60], 0, 60, 0, 60)).isZero();
    }
    queue.publish();
  }
}
