// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What breaks a virtqueue for good, and what only looks like it (checks R01 to R06, R22, R25). */
final class RingAccountingTest {
  private static final int SIZE = 8;

  private final GuestArena arena = new GuestArena();
  private final FakeDriver driver = new FakeDriver(arena, SIZE);
  private final PostedBuffers posted = new PostedBuffers();
  private final TransmitFrames frames = new TransmitFrames();

  @AfterEach
  void release() {
    arena.close();
  }

  private void postAll(int flags) {
    for (int head = 0; head < SIZE; head++) {
      driver.descriptor(head, FakeDriver.BUFFERS + head * 2048L, 2048, flags, 0);
    }
  }

  private static void assertBroken(ReceiveVirtqueue queue, RingFault fault) {
    assertThat(queue.isBroken()).isTrue();
    assertThat(queue.fault()).isEqualTo(fault);
    assertThat(queue.available()).isZero();
    assertThat(queue.take(new PostedBuffers(), 8)).isZero();
    assertThat(queue.deliver(new byte[64], 0, 64, 0, 64)).isEqualTo(ReceiveVirtqueue.BROKEN);
  }

  @Test
  void r01_availIndexJumpBreaksForGood() {
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    postAll(VirtqDesc.Flag.WRITE);
    driver.availIndex(SIZE + 1);
    assertThat(queue.available()).isZero();
    assertBroken(queue, RingFault.AVAIL_INDEX_JUMP);
    driver.availIndex(1);
    assertBroken(queue, RingFault.AVAIL_INDEX_JUMP);
    assertThat(queue.faultMessage())
        .isEqualTo(
            "available index jumped: value=9, next=0, size=8, queue=test/0; reset the device in the"
                + " guest");
  }

  @Test
  void r01_availIndexBackwardsBreaks() {
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    driver.availIndex(-1);
    assertThat(queue.take(posted, 1)).isZero();
    assertBroken(queue, RingFault.AVAIL_INDEX_JUMP);
  }

  @Test
  void r01_availIndexBackwardsWhileHeadsAreKnownBreaks() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    for (int head = 0; head < 5; head++) {
      driver.offer(head);
    }
    assertThat(queue.take(posted, 1)).isEqualTo(1);
    driver.availIndex(4);
    assertThat(queue.available()).isZero();
    assertBroken(queue, RingFault.AVAIL_INDEX_JUMP);
  }

  @Test
  void r01_fullRingIsLegalAcrossTheWrap() {
    FakeDriver late = new FakeDriver(arena, SIZE, FakeDriver.RINGS, 0xfffd);
    ReceiveVirtqueue queue = late.receive(FakeDriver.FEATURES);
    postAll(VirtqDesc.Flag.WRITE);
    for (int head = 0; head < SIZE; head++) {
      late.offer(head);
    }
    assertThat(queue.available()).isEqualTo(SIZE);
    assertThat(queue.take(posted, 64)).isEqualTo(SIZE);
    assertThat(posted.head).startsWith(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(queue.isBroken()).isFalse();
  }

  @Test
  void r01_transmitBreaksToo() {
    TransmitVirtqueue queue = driver.transmit(FakeDriver.FEATURES);
    driver.availIndex(0x8000);
    assertThat(queue.takeTransmit(frames, 64)).isZero();
    assertThat(queue.fault()).isEqualTo(RingFault.AVAIL_INDEX_JUMP);
  }

  @Test
  void r02_headNotBelowSizeBreaks() {
    for (int head : new int[] {SIZE, 0x7fff, 0x8000, 0xffff}) {
      ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
      driver.offer(head);
      assertThat(queue.take(posted, 8)).isZero();
      assertBroken(queue, RingFault.HEAD_OUT_OF_RANGE);
    }
    TransmitVirtqueue queue = driver.transmit(FakeDriver.FEATURES);
    driver.offer(SIZE);
    assertThat(queue.takeTransmit(frames, 8)).isZero();
    assertThat(queue.fault()).isEqualTo(RingFault.HEAD_OUT_OF_RANGE);
  }

  @Test
  void r02_headsBeforeTheBadOneStillCount() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    driver.offer(3);
    driver.offer(4);
    driver.offer(SIZE);
    assertThat(queue.take(posted, 8)).isEqualTo(2);
    assertThat(queue.isBroken()).isTrue();
    assertThat(queue.outstanding()).isEqualTo(2);
  }

  @Test
  void r03_headTwiceWhileOutstandingBreaks() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    driver.offer(3);
    driver.offer(3);
    assertThat(queue.take(posted, 8)).isEqualTo(1);
    assertBroken(queue, RingFault.HEAD_OUTSTANDING);
  }

  @Test
  void r03_headAgainAfterCompletionIsLegal() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    for (int round = 0; round < 3 * SIZE; round++) {
      driver.offer(5);
      assertThat(queue.take(posted, 8)).isEqualTo(1);
      queue.complete(5, 100);
      queue.publish();
    }
    assertThat(queue.isBroken()).isFalse();
    assertThat(driver.usedIndex()).isEqualTo(3 * SIZE);
  }

  @Test
  void r03_headThatWaitsForTheCopyPathIsOutstanding() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    driver.offer(3);
    queue.take(posted, 1);
    queue.giveBack(3);
    driver.offer(3);
    assertThat(queue.take(posted, 1)).isZero();
    assertBroken(queue, RingFault.HEAD_OUTSTANDING);
  }

  @Test
  void r03_transmitHeadTwiceBreaks() {
    postAll(0);
    TransmitVirtqueue queue = driver.transmit(FakeDriver.FEATURES);
    driver.offer(1);
    driver.offer(1);
    assertThat(queue.takeTransmit(frames, 8)).isEqualTo(1);
    assertThat(queue.fault()).isEqualTo(RingFault.HEAD_OUTSTANDING);
  }

  @Test
  void r04_neverMoreOutstandingThanSize() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    for (int head = 0; head < SIZE; head++) {
      driver.offer(head);
    }
    assertThat(queue.take(posted, 64)).isEqualTo(SIZE);
    for (int head = 0; head < SIZE; head++) {
      driver.offer(head);
    }
    assertThat(queue.take(posted, 64)).isZero();
    assertThat(queue.isBroken()).isTrue();
    assertThat(queue.outstanding()).isEqualTo(SIZE);
  }

  @Test
  void r05_usedRingRewrittenByTheGuestDoesNotMatter() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    byte[] frame = new byte[60];
    for (int round = 1; round <= 20; round++) {
      driver.poisonUsed(0xa5 + round);
      driver.offer(2);
      assertThat(queue.deliver(frame, 0, 60, 0, 60)).isEqualTo(ReceiveVirtqueue.DELIVERED);
      queue.publish();
      assertThat(driver.usedIndex()).isEqualTo(round);
      assertThat(driver.usedHead(round - 1)).isEqualTo(2);
      assertThat(driver.usedLength(round - 1)).isEqualTo(72);
    }
  }

  @Test
  void r06_poisonedFlagsAndEventsOnlyChangeCalls() {
    long seed = 7;
    var random = new SplittableRandom(seed);
    for (long features : new long[] {0, VirtioFeature.EVENT_IDX.mask()}) {
      FakeDriver fresh = new FakeDriver(arena, SIZE);
      postAll(VirtqDesc.Flag.WRITE);
      ReceiveVirtqueue queue = fresh.receive(FakeDriver.FEATURES | features);
      int calls = 0;
      int rounds = 70_000;
      for (int round = 0; round < rounds; round++) {
        fresh.availFlags(random.nextInt());
        fresh.usedEvent(random.nextInt());
        fresh.offer(round % SIZE);
        assertThat(queue.deliver(new byte[60], 0, 60, 0, 60)).isZero();
        queue.publish();
        calls += queue.needsCall() ? 1 : 0;
      }
      assertThat(queue.completed()).as("seed %d", seed).isEqualTo(rounds);
      assertThat(calls).isBetween(0, rounds);
    }
  }

  @Test
  void completingWhatIsNotTakenDoesNothing() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    driver.offer(0);
    queue.take(posted, 1);
    queue.complete(1, 10);
    queue.complete(0, 10);
    queue.complete(0, 11);
    queue.giveBack(0);
    assertThat(queue.publish()).isEqualTo(1);
    assertThat(driver.usedIndex()).isEqualTo(1);
    assertThat(driver.usedLength(0)).isEqualTo(10);
    assertThat(queue.returned()).isZero();
    assertThat(queue.outstanding()).isZero();
  }

  @Test
  void r22_kickSuppressionByFlag() {
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    queue.suppressKicks(true);
    assertThat(driver.usedFlags()).isEqualTo(UsedRing.Flag.NO_NOTIFY);
    assertThat(queue.armKicks()).isFalse();
    assertThat(driver.usedFlags()).isZero();
    driver.offer(0);
    assertThat(queue.armKicks()).as("work came before we slept").isTrue();
  }

  @Test
  void r25_workPerCallIsLimited() {
    // Every chain is malformed: a call may refuse only so many before it returns.
    int size = 256;
    FakeDriver large = new FakeDriver(arena, size);
    for (int head = 0; head < size; head++) {
      large.descriptor(head, 0, 2048, VirtqDesc.Flag.WRITE, 0);
    }
    ReceiveVirtqueue queue = large.receive(FakeDriver.FEATURES);
    for (int head = 0; head < size; head++) {
      large.offer(head);
    }
    assertThat(queue.deliver(new byte[60], 0, 60, 0, 60)).isEqualTo(ReceiveVirtqueue.NO_BUFFER);
    assertThat(queue.completed()).isEqualTo(BufferChainWriter.REFUSED_MAX);
    queue.publish();
    assertThat(large.usedIndex()).isEqualTo(BufferChainWriter.REFUSED_MAX);

    FakeDriver sender = new FakeDriver(arena, size);
    TransmitVirtqueue transmit = sender.transmit(FakeDriver.FEATURES);
    for (int head = 0; head < size; head++) {
      sender.offer(head);
    }
    assertThat(transmit.takeTransmit(frames, 1000)).isZero();
    assertThat(transmit.completed()).isEqualTo(TransmitFrames.CAPACITY);
  }

  @Test
  void r25_refillOneByOneResumesAtOnce() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    byte[] frame = new byte[60];
    for (int round = 0; round < 1000; round++) {
      assertThat(queue.deliver(frame, 0, 60, 0, 60)).isEqualTo(ReceiveVirtqueue.NO_BUFFER);
      driver.offer(round % SIZE);
      assertThat(queue.deliver(frame, 0, 60, 0, 60)).isEqualTo(ReceiveVirtqueue.DELIVERED);
      queue.publish();
      assertThat(driver.usedIndex()).isEqualTo(round + 1 & 0xffff);
    }
  }

  @Test
  void nothingIsVisibleBeforePublish() {
    postAll(VirtqDesc.Flag.WRITE);
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    driver.offer(0);
    driver.offer(1);
    queue.deliver(new byte[60], 0, 60, 0, 60);
    queue.deliver(new byte[60], 0, 60, 0, 60);
    assertThat(driver.usedIndex()).isZero();
    assertThat(queue.publish()).isEqualTo(2);
    assertThat(driver.usedIndex()).isEqualTo(2);
    assertThat(queue.publish()).isZero();
  }

  @Test
  void clearKeepsInsideGuestMemory() {
    ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
    long start = arena.host(GuestArena.FAR);
    arena.fill(GuestArena.FAR, GuestArena.FAR_BYTES, 0x55);
    queue.clear(start - 1, 1);
    queue.clear(start + GuestArena.FAR_BYTES - 4, 5);
    queue.clear(start, -1);
    queue.clear(arena.hostArea(), 16);
    assertThat(arena.byteAt(GuestArena.FAR)).isEqualTo((byte) 0x55);
    assertThat(arena.byteAt(GuestArena.FAR + GuestArena.FAR_BYTES - 4)).isEqualTo((byte) 0x55);
    AddressSpace.putByte(arena.hostArea(), (byte) 1);
    queue.clear(arena.hostArea(), 1);
    assertThat(AddressSpace.getByte(arena.hostArea())).isEqualTo((byte) 1);
    queue.clear(start + 1, 2);
    assertThat(arena.bytesAt(GuestArena.FAR, 4)).containsExactly(0x55, 0, 0, 0x55);
  }
}
