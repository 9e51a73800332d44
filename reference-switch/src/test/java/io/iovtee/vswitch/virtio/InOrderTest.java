// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PostedBuffers;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With IN_ORDER the used ring repeats the order of the available ring (check R21). */
final class InOrderTest {
  private static final int SIZE = 8;
  private static final long FEATURES = FakeDriver.FEATURES | VirtioFeature.IN_ORDER.mask();

  private final GuestArena arena = new GuestArena();
  private final FakeDriver driver = new FakeDriver(arena, SIZE);
  private final PostedBuffers posted = new PostedBuffers();

  @AfterEach
  void release() {
    arena.close();
  }

  private void offerAll(int flags) {
    for (int head = 0; head < SIZE; head++) {
      driver.descriptor(head, FakeDriver.BUFFERS + head * 2048L, 2048, flags, 0);
      driver.offer(head);
    }
  }

  private static int copy(ReceiveVirtqueue queue) {
    return queue.deliver(new byte[60], 0, 60, 0, 60);
  }

  @Test
  void copiesComeInOrderByThemselves() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    assertThat(queue.inOrder()).isTrue();
    for (int i = 0; i < SIZE; i++) {
      assertThat(copy(queue)).isEqualTo(ReceiveVirtqueue.DELIVERED);
      assertThat(queue.publish()).as("nothing is held back").isEqualTo(1);
      assertThat(driver.usedHead(i)).isEqualTo(i);
    }
  }

  @Test
  void completionsWaitForEarlierHeads() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    queue.take(posted, 4);
    queue.complete(2, 102);
    queue.complete(1, 101);
    assertThat(queue.publish()).isZero();
    assertThat(queue.outstanding()).isEqualTo(4);
    queue.complete(0, 100);
    assertThat(queue.publish()).isEqualTo(3);
    for (int i = 0; i < 3; i++) {
      assertThat(driver.usedHead(i)).isEqualTo(i);
      assertThat(driver.usedLength(i)).isEqualTo(100 + i);
    }
    assertThat(queue.outstanding()).isEqualTo(1);
  }

  /** Batches that continue the order are written straight; all others wait as single heads do. */
  @Test
  void batchesKeepTheOrderWhateverComesFirst() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    queue.take(posted, SIZE);
    int[] lengths = new int[SIZE];
    int[] index = new int[SIZE];
    for (int i = 0; i < SIZE; i++) {
      lengths[i] = 100 + i;
      index[i] = i;
    }
    int[] heads = posted.head.clone();
    queue.completeWritten(heads, lengths, index, 4, 6, 0);
    assertThat(queue.publish()).isZero();
    queue.completeWritten(heads, lengths, new int[] {0, 2}, 0, 2, 0);
    assertThat(queue.publish()).as("head 1 is not done").isEqualTo(1);
    queue.giveBack(3);
    queue.completeWritten(heads, lengths, index, 1, 2, 0);
    assertThat(queue.publish()).as("the one given back goes empty").isEqualTo(5);
    queue.completeWritten(heads, lengths, index, 6, 8, 0);
    assertThat(queue.publish()).isEqualTo(2);
    for (int i = 0; i < SIZE; i++) {
      assertThat(driver.usedHead(i)).isEqualTo(i);
      assertThat(driver.usedLength(i)).isEqualTo(i == 3 ? 0 : 100 + i);
    }
  }

  @Test
  void aBatchTakesWhatWaitedBehindItAlong() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    queue.take(posted, 3);
    queue.complete(2, 102);
    assertThat(queue.heldUpBy()).as("completed before the head that is waited for").isZero();
    queue.completeRead(posted.head, 0, 2);
    assertThat(queue.publish()).isEqualTo(3);
    assertThat(driver.usedHead(2)).isEqualTo(2);
    assertThat(driver.usedLength(2)).isEqualTo(102);
    assertThat(queue.heldUpBy()).isEqualTo(-1);
  }

  /** The record of what was taken is as long as the ring, and so wraps with it. */
  @Test
  void batchesAcrossTheEndOfTheRingKeepTheOrder() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    queue.take(posted, 6);
    queue.completeRead(posted.head, 0, 6);
    assertThat(queue.publish()).isEqualTo(6);
    for (int head = 0; head < 4; head++) {
      driver.offer(head);
    }
    queue.take(posted, 6);
    assertThat(Arrays.copyOf(posted.head, 6)).containsExactly(6, 7, 0, 1, 2, 3);
    queue.completeRead(new int[] {6, 7, 1, 0}, 0, 4);
    queue.completeRead(new int[] {2, 3}, 0, 2);
    assertThat(queue.publish()).isEqualTo(6);
    for (int i = 6; i < 12; i++) {
      assertThat(driver.usedHead(i)).isEqualTo(i % SIZE);
    }
  }

  /** A head that waits for the copy path is not completed by a batch that names it. */
  @Test
  void aBatchDoesNotCompleteWhatWasGivenBack() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    queue.take(posted, 3);
    queue.giveBack(0);
    queue.completeRead(posted.head, 0, 3);
    assertThat(queue.returned()).isEqualTo(1);
    assertThat(queue.publish()).as("it goes empty, the others follow").isEqualTo(3);
    queue.completeRead(posted.head, 0, 3);
    assertThat(queue.publish()).as("nothing of it is taken any more").isZero();
    assertThat(queue.completed()).isEqualTo(3);
  }

  /** One lap later the record still has the same heads at the same places. */
  @Test
  void aBatchThatComesTwiceIsCompletedOnce() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    queue.take(posted, SIZE);
    queue.completeRead(posted.head, 0, SIZE);
    assertThat(queue.publish()).isEqualTo(SIZE);
    queue.completeRead(posted.head, 0, SIZE);
    assertThat(queue.publish()).isZero();
    assertThat(queue.completed()).isEqualTo(SIZE);
  }

  @Test
  void tracesForeseeTheHeadThatACopyWouldUse() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    driver.descriptor(0, FakeDriver.BUFFERS, 64, VirtqDesc.Flag.WRITE, 0);
    queue.take(posted, 2);
    queue.giveBack(1);
    assertThat(queue.foresee(1000)).as("head 0 is lent").isEqualTo(ReceiveVirtqueue.DELIVERED);
    queue.giveBack(0);
    assertThat(queue.foresee(1000)).isEqualTo(ReceiveVirtqueue.TOO_SMALL);
    assertThat(queue.returned()).as("nothing was taken").isEqualTo(2);
  }

  @Test
  void copyUsesTheOldestReturnedHead() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    queue.take(posted, 4);
    queue.giveBack(3);
    queue.giveBack(1);
    copy(queue);
    queue.complete(0, 100);
    assertThat(queue.publish()).isEqualTo(2);
    assertThat(driver.usedHead(1)).isEqualTo(1);
    assertThat(driver.usedLength(1)).isEqualTo(72);
  }

  @Test
  void returnedHeadDoesNotHoldUpFramesBehindIt() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    queue.take(posted, 3);
    queue.giveBack(0);
    queue.giveBack(1);
    queue.complete(2, 102);
    assertThat(queue.publish()).isEqualTo(3);
    assertThat(driver.usedLength(0)).as("handed back empty").isZero();
    assertThat(driver.usedLength(1)).isZero();
    assertThat(driver.usedLength(2)).isEqualTo(102);
    assertThat(queue.returned()).isZero();
    copy(queue);
    assertThat(queue.publish()).isEqualTo(1);
    assertThat(driver.usedHead(3)).isEqualTo(3);
  }

  @Test
  void returnedHeadsWaitWhileNothingIsBehindThem() {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    queue.take(posted, 3);
    queue.giveBack(0);
    assertThat(queue.publish()).isZero();
    assertThat(queue.returned()).isEqualTo(1);
    copy(queue);
    assertThat(queue.publish()).isEqualTo(1);
    assertThat(driver.usedLength(0)).isEqualTo(72);
  }

  @Test
  void mergedFrameNeedsNeighbours() {
    ReceiveVirtqueue queue = driver.receive(FEATURES | VirtioFeature.MRG_RXBUF.mask());
    for (int head = 0; head < SIZE; head++) {
      driver.descriptor(head, FakeDriver.BUFFERS + head * 64L, 64, VirtqDesc.Flag.WRITE, 0);
      driver.offer(head);
    }
    queue.take(posted, 2);
    queue.giveBack(0);
    byte[] frame = new byte[100];
    assertThat(queue.deliver(frame, 0, 100, 0, 100))
        .as("head 1 is lent: heads 0 and 2 would not stand together in the used ring")
        .isEqualTo(ReceiveVirtqueue.NO_BUFFER);
    queue.complete(1, 64);
    assertThat(queue.publish()).isEqualTo(2);
    assertThat(driver.usedLength(0)).isZero();
    assertThat(driver.usedLength(1)).isEqualTo(64);
    assertThat(queue.deliver(frame, 0, 100, 0, 100)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(queue.publish()).isEqualTo(2);
    assertThat(driver.usedHead(2)).isEqualTo(2);
    assertThat(driver.usedLength(2)).isEqualTo(64);
    assertThat(driver.usedHead(3)).isEqualTo(3);
    assertThat(driver.usedLength(3)).isEqualTo(112 - 64);
  }

  @Test
  void refusedTransmitChainsWaitForEarlierFrames() {
    TransmitVirtqueue queue = driver.transmit(FEATURES);
    offerAll(0);
    driver.descriptor(1, 0, 2048, 0, 0);
    var frames = new TransmitFrames();
    assertThat(queue.takeTransmit(frames, 3)).isEqualTo(2);
    assertThat(queue.refused(ChainFault.UNMAPPED)).isEqualTo(1);
    assertThat(queue.publish()).as("head 0 is still in use").isZero();
    queue.complete(frames.head[1], 0);
    queue.complete(frames.head[0], 0);
    assertThat(queue.publish()).isEqualTo(3);
    assertThat(driver.usedHead(0)).isZero();
    assertThat(driver.usedHead(1)).isEqualTo(1);
    assertThat(driver.usedHead(2)).isEqualTo(2);
  }

  @Test
  void r21_anyOrderOfWorkGivesRingOrder() {
    long seed = 21;
    var random = new SplittableRandom(seed);
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    offerAll(VirtqDesc.Flag.WRITE);
    int[] held = new int[SIZE];
    int heldCount = 0;
    int position = 0;
    for (int step = 0; step < 200_000; step++) {
      int taken = queue.take(posted, random.nextInt(3));
      for (int i = 0; i < taken; i++) {
        held[heldCount++] = posted.head[i];
      }
      for (int i = random.nextInt(3); i > 0 && heldCount > 0; i--) {
        int k = random.nextInt(heldCount);
        int head = held[k];
        held[k] = held[--heldCount];
        if (random.nextInt(3) == 0) {
          queue.giveBack(head);
        } else {
          queue.complete(head, 72);
        }
      }
      if (random.nextInt(3) == 0) {
        copy(queue);
      }
      queue.publish();
      while (position != driver.usedIndex()) {
        // Heads were first offered as 0..7 and are offered again as they come: order is the slot.
        assertThat(driver.usedHead(position)).as("seed=%d", seed).isEqualTo(position % SIZE);
        driver.offer(position % SIZE);
        position = position + 1 & 0xffff;
      }
      assertThat(queue.isBroken()).isFalse();
    }
    assertThat(queue.completed()).isGreaterThan(50_000);
  }
}
