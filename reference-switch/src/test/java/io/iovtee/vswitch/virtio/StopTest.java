// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PostedBuffers;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After a stop the guest owns all of its buffers, and the answer to GET_VRING_BASE says so. */
final class StopTest {
  private static final int SIZE = 8;
  private static final long IN_ORDER = FakeDriver.FEATURES | VirtioFeature.IN_ORDER.mask();

  private final GuestArena arena = new GuestArena();
  private final FakeDriver driver = new FakeDriver(arena, SIZE, FakeDriver.RINGS, 0xfffa);
  private final PostedBuffers posted = new PostedBuffers();

  @AfterEach
  void release() {
    arena.close();
  }

  private ReceiveVirtqueue fullQueue(long features) {
    ReceiveVirtqueue queue = driver.receive(features);
    for (int head = 0; head < SIZE; head++) {
      driver.descriptor(head, FakeDriver.BUFFERS + head * 2048L, 2048, VirtqDesc.Flag.WRITE, 0);
      driver.offer(head);
    }
    return queue;
  }

  private static void assertNothingCanBeTaken(ReceiveVirtqueue queue) {
    assertThat(queue.available()).isZero();
    assertThat(queue.take(new PostedBuffers(), 8)).isZero();
    assertThat(queue.deliver(new byte[60], 0, 60, 0, 60)).isEqualTo(ReceiveVirtqueue.BROKEN);
    assertThat(queue.isBroken()).isFalse();
  }

  @Test
  void idleQueueAnswersItsPosition() {
    ReceiveVirtqueue queue = fullQueue(FakeDriver.FEATURES);
    assertThat(queue.baseForStop()).isEqualTo(0xfffa);
    assertNothingCanBeTaken(queue);
  }

  @Test
  void lastHeadsMoveBack() {
    ReceiveVirtqueue queue = fullQueue(FakeDriver.FEATURES);
    queue.take(posted, 5);
    queue.complete(0, 72);
    queue.complete(1, 72);
    queue.giveBack(3);
    assertThat(queue.baseForStop()).isEqualTo(0xfffc);
    assertThat(driver.usedIndex()).as("what was completed is published").isEqualTo(0xfffc);
    assertThat(queue.outstanding()).isZero();
    assertNothingCanBeTaken(queue);
    queue.complete(2, 72);
    assertThat(queue.publish()).as("too late").isZero();
  }

  @Test
  void headsInBetweenAreCompletedEmpty() {
    ReceiveVirtqueue queue = fullQueue(FakeDriver.FEATURES);
    queue.take(posted, 6);
    queue.complete(4, 72);
    queue.giveBack(1);
    assertThat(queue.outstanding()).isEqualTo(5);
    assertThat(queue.baseForStop()).isEqualTo(0);
    assertThat(driver.usedIndex()).isEqualTo(0);
    BitSet back = new BitSet();
    for (int i = 0; i < 6; i++) {
      back.set(driver.usedHead(0xfffa + i));
      assertThat(driver.usedLength(0xfffa + i)).isEqualTo(i == 0 ? 72 : 0);
    }
    assertThat(back.cardinality()).isEqualTo(6);
    assertThat(queue.outstanding()).isZero();
    assertNothingCanBeTaken(queue);
  }

  @Test
  void rewrittenAvailRingIsNotTrusted() {
    ReceiveVirtqueue queue = fullQueue(FakeDriver.FEATURES);
    queue.take(posted, 3);
    // No head of this ring, though its low bits name one that is outstanding.
    driver.entry(0xfffb, SIZE + 1);
    assertThat(queue.baseForStop()).isEqualTo(0xfffd);
    assertThat(driver.usedIndex()).isEqualTo(0xfffd);
  }

  @Test
  void oneHeadTwiceInTheRewrittenRingIsNotTwoHeads() {
    ReceiveVirtqueue queue = fullQueue(FakeDriver.FEATURES);
    queue.take(posted, 2);
    driver.entry(0xfffa, 1);
    assertThat(queue.baseForStop()).isEqualTo(0xfffc);
    assertThat(driver.usedIndex()).isEqualTo(0xfffc);
  }

  @Test
  void inOrderQueueReturnsInOrder() {
    ReceiveVirtqueue queue = fullQueue(IN_ORDER);
    queue.take(posted, 5);
    queue.complete(2, 72);
    queue.giveBack(4);
    assertThat(queue.publish()).isZero();
    assertThat(queue.baseForStop()).isEqualTo(0xffff);
    assertThat(driver.usedIndex()).isEqualTo(0xffff);
    for (int i = 0; i < 5; i++) {
      assertThat(driver.usedHead(0xfffa + i)).isEqualTo(i);
      assertThat(driver.usedLength(0xfffa + i)).isEqualTo(i == 2 ? 72 : 0);
    }
  }

  @Test
  void brokenQueueReturnsWhatItHolds() {
    ReceiveVirtqueue queue = fullQueue(FakeDriver.FEATURES);
    queue.take(posted, 3);
    driver.availIndex(driver.nextAvail() + 100);
    assertThat(queue.available()).isZero();
    assertThat(queue.isBroken()).isTrue();
    assertThat(queue.baseForStop()).isEqualTo(0xfffa);
    assertThat(queue.outstanding()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void h10_guestOwnsAllBuffersAfterEveryStop(boolean inOrder) {
    long seed = 10;
    var random = new SplittableRandom(seed);
    FakeDriver guest = new FakeDriver(arena, SIZE);
    // By head: how often the guest posted it and got it back.
    BitSet owned = new BitSet();
    owned.set(0, SIZE);
    int base = 0;
    int reaped = 0;
    for (int cycle = 0; cycle < 3000; cycle++) {
      ReceiveVirtqueue queue =
          new ReceiveVirtqueue(
              VirtqueueSetup.of(
                  "q",
                  arena.memory(),
                  guest.descGuest + GuestArena.FRONTEND_OFFSET,
                  guest.availGuest + GuestArena.FRONTEND_OFFSET,
                  guest.usedGuest + GuestArena.FRONTEND_OFFSET,
                  SIZE,
                  base,
                  VirtqueueSetup.NEXT_USED_FROM_RING,
                  inOrder ? IN_ORDER : FakeDriver.FEATURES));
      for (int step = 0; step < 12; step++) {
        int head = owned.nextSetBit(random.nextInt(SIZE));
        if (head >= 0 && random.nextBoolean()) {
          guest.descriptor(head, FakeDriver.BUFFERS + head * 2048L, 2048, 2, 0);
          guest.offer(head);
          owned.clear(head);
        }
        work(queue, random);
        reaped = reap(guest, reaped, owned, seed);
      }
      base = queue.baseForStop();
      reaped = reap(guest, reaped, owned, seed);
      int waiting = guest.nextAvail() - base & 0xffff;
      assertThat(owned.cardinality() + waiting)
          .as("seed=%d cycle=%d: owned, and posted before the base", seed, cycle)
          .isEqualTo(SIZE);
      assertThat(queue.isBroken()).isFalse();
    }
  }

  private void work(ReceiveVirtqueue queue, SplittableRandom random) {
    int count = queue.take(posted, random.nextInt(4));
    for (int i = 0; i < count; i++) {
      switch (random.nextInt(3)) {
        case 0 -> queue.complete(posted.head[i], 72);
        case 1 -> queue.giveBack(posted.head[i]);
        default -> {}
      }
    }
    if (random.nextBoolean()) {
      queue.deliver(new byte[60], 0, 60, 0, 60);
    }
    queue.publish();
  }

  private static int reap(FakeDriver guest, int from, BitSet owned, long seed) {
    int position = from;
    while (position != guest.usedIndex()) {
      int head = guest.usedHead(position);
      assertThat(owned.get(head)).as("seed=%d: head %d came back twice", seed, head).isFalse();
      owned.set(head);
      position = position + 1 & 0xffff;
    }
    return position;
  }
}
