// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.CopyReason;
import io.iovtee.api.PostedBuffers;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Copying into, and lending, what the guest posts on its receiveq (checks R07 to R12, R17). */
final class ReceiveChainTest {
  private static final int SIZE = 16;
  private static final int NEXT = VirtqDesc.Flag.NEXT;
  private static final int WRITE = VirtqDesc.Flag.WRITE;
  private static final int INDIRECT = VirtqDesc.Flag.INDIRECT;
  private static final long BUFFER = FakeDriver.BUFFERS;
  private static final long TABLE = FakeDriver.BUFFERS + 0x1_0000;
  private static final int HEADER = VirtioNetHeader.LENGTH;
  private static final long MERGEABLE = FakeDriver.FEATURES | VirtioFeature.MRG_RXBUF.mask();

  private final GuestArena arena = new GuestArena();
  private final FakeDriver driver = new FakeDriver(arena, SIZE);
  private final PostedBuffers posted = new PostedBuffers();
  private ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);

  @AfterEach
  void release() {
    arena.close();
  }

  private static byte[] frame(int length) {
    byte[] frame = new byte[length];
    new SplittableRandom(length).nextBytes(frame);
    return frame;
  }

  /** Delivers with a private header of so many bytes; those bytes in memory are made wrong. */
  private int deliver(byte[] frame, int headerLength) {
    byte[] inMemory = frame.clone();
    Arrays.fill(inMemory, 0, headerLength, (byte) 0xee);
    byte[] header = new byte[5 + headerLength];
    System.arraycopy(frame, 0, header, 5, headerLength);
    return queue.deliver(header, 5, headerLength, arena.hostFrame(inMemory), frame.length);
  }

  /** What a buffer must hold that takes the frame alone. */
  private static byte[] withHeader(byte[] frame, int numBuffers) {
    byte[] all = new byte[HEADER + frame.length];
    all[VirtioNetHeader.Field.NUM_BUFFERS] = (byte) numBuffers;
    System.arraycopy(frame, 0, all, HEADER, frame.length);
    return all;
  }

  /** Head 0 is offered; the next delivery must return it empty, under this reason and no other. */
  private void assertRefused(ChainFault reason) {
    long before = queue.refused(reason);
    int position = driver.usedIndex();
    driver.offer(0);
    byte[] memory = arena.snapshot();
    assertThat(deliver(frame(60), 30)).isEqualTo(ReceiveVirtqueue.NO_BUFFER);
    assertThat(queue.refused(reason)).as("refused as %s", reason).isEqualTo(before + 1);
    int firstUsed = GuestArena.snapshotOffset(driver.usedGuest) + 4 + 8 * (position % SIZE);
    byte[] after = arena.snapshot();
    Arrays.fill(memory, firstUsed, firstUsed + 8, (byte) 0);
    Arrays.fill(after, firstUsed, firstUsed + 8, (byte) 0);
    assertThat(Arrays.equals(after, memory)).as("no byte written but the used element").isTrue();
    assertThat(queue.publish()).isEqualTo(1);
    assertThat(driver.usedHead(position)).isZero();
    assertThat(driver.usedLength(position)).isZero();
    assertThat(queue.isBroken()).isFalse();
  }

  /** Takes head 0; it must not be lendable, for this reason. */
  private void assertNotLendable(CopyReason reason) {
    driver.offer(0);
    assertThat(queue.take(posted, 8)).isEqualTo(1);
    assertThat(posted.head[0]).isZero();
    assertThat(posted.address[0]).isZero();
    assertThat(posted.reason[0]).isEqualTo((byte) reason.ordinal());
    queue.complete(0, 0);
    queue.publish();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 14, 59, 60})
  void oneDescriptor(int headerLength) {
    byte[] frame = frame(60);
    arena.fill(BUFFER - 8, 2048 + 16, 0x77);
    driver.descriptor(0, BUFFER, 2048, WRITE, 0);
    driver.offer(0);
    assertThat(deliver(frame, headerLength)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(queue.publish()).isEqualTo(1);
    assertThat(driver.usedLength(0)).isEqualTo(72);
    assertThat(arena.bytesAt(BUFFER, 72)).isEqualTo(withHeader(frame, 1));
    assertThat(arena.bytesAt(BUFFER + 72, 2048 - 72 + 8)).containsOnly(0x77);
    assertThat(arena.bytesAt(BUFFER - 8, 8)).containsOnly(0x77);
  }

  @Test
  void frameThatFitsExactly() {
    byte[] frame = frame(1500);
    driver.descriptor(0, BUFFER, 1512, WRITE, 0);
    driver.offer(0);
    assertThat(deliver(frame, 64)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(arena.bytesAt(BUFFER, 1512)).isEqualTo(withHeader(frame, 1));
  }

  @Test
  void chainOfOddPieces() {
    int[] lengths = {1, 3, 7, 2, 40, 1, 30};
    byte[] frame = frame(60);
    for (int headerLength : new int[] {0, 3, 41, 60}) {
      arena.fill(BUFFER, 0x1000, 0x77);
      for (int i = 0; i < lengths.length; i++) {
        int flags = WRITE | (i < lengths.length - 1 ? NEXT : 0);
        driver.descriptor(i, BUFFER + i * 64L, lengths[i], flags, i + 1);
      }
      driver.offer(0);
      assertThat(deliver(frame, headerLength)).isEqualTo(ReceiveVirtqueue.DELIVERED);
      assertThat(queue.publish()).isEqualTo(1);
      byte[] expected = withHeader(frame, 1);
      int at = 0;
      for (int i = 0; i < lengths.length; i++) {
        int inPiece = Math.min(lengths[i], expected.length - at);
        assertThat(arena.bytesAt(BUFFER + i * 64L, inPiece))
            .isEqualTo(Arrays.copyOfRange(expected, at, at + inPiece));
        assertThat(arena.bytesAt(BUFFER + i * 64L + inPiece, 64 - inPiece)).containsOnly(0x77);
        at += inPiece;
      }
      assertThat(at).isEqualTo(72);
    }
  }

  @Test
  void r07_loopsAndNextOutOfRange() {
    driver.descriptor(0, BUFFER, 1, WRITE | NEXT, 0);
    assertRefused(ChainFault.TOO_MANY_DESCRIPTORS);
    driver.descriptor(0, BUFFER, 1, WRITE | NEXT, SIZE);
    assertRefused(ChainFault.NEXT_OUT_OF_RANGE);
    driver.descriptor(0, BUFFER, 0, WRITE | NEXT, 0);
    assertRefused(ChainFault.ZERO_LENGTH);
  }

  @Test
  void r08_indirectTable() {
    byte[] frame = frame(100);
    driver.descriptorAt(TABLE, 0, BUFFER, 12, WRITE | NEXT, 1);
    driver.descriptorAt(TABLE, 1, BUFFER + 100, 1500, WRITE, 0);
    driver.descriptor(0, TABLE, 32, INDIRECT, 0);
    driver.offer(0);
    assertThat(deliver(frame, 64)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(arena.bytesAt(BUFFER + 100, 100)).isEqualTo(frame);
    assertThat(arena.bytesAt(BUFFER, 12)).isEqualTo(withHeader(new byte[0], 1));
    queue.publish();
    assertNotLendable(CopyReason.CHAINED);
  }

  @Test
  void r08_malformedIndirectTables() {
    driver.descriptorAt(TABLE, 0, TABLE, 16, INDIRECT | WRITE, 0);
    driver.descriptor(0, TABLE, 16, INDIRECT, 0);
    assertRefused(ChainFault.INDIRECT_NESTED);
    driver.descriptor(0, TABLE, 16, INDIRECT | NEXT, 1);
    assertRefused(ChainFault.INDIRECT_WITH_NEXT);
    driver.descriptor(0, TABLE, 8, INDIRECT, 0);
    assertRefused(ChainFault.INDIRECT_LENGTH);
    driver.descriptor(0, GuestArena.NEXT - 16, 32, INDIRECT, 0);
    assertRefused(ChainFault.UNMAPPED);
    queue = driver.receive(VirtioFeature.VERSION_1.mask());
    driver.descriptor(0, TABLE, 16, INDIRECT, 0);
    assertRefused(ChainFault.INDIRECT_NOT_NEGOTIATED);
  }

  @Test
  void r09_outsideMemory() {
    for (long guest :
        new long[] {
          0, -1, -2048, GuestArena.LOW - 1, GuestArena.FAR + GuestArena.FAR_BYTES - 2047
        }) {
      driver.descriptor(0, guest, 2048, WRITE, 0);
      assertRefused(ChainFault.UNMAPPED);
      assertNotLendable(CopyReason.UNMAPPED);
    }
    driver.descriptor(0, BUFFER, 0xffff_ffffL, WRITE, 0);
    assertRefused(ChainFault.UNMAPPED);
    assertNotLendable(CopyReason.UNMAPPED);
    driver.descriptor(0, BUFFER, 0, WRITE, 0);
    assertRefused(ChainFault.ZERO_LENGTH);
    assertNotLendable(CopyReason.UNMAPPED);
  }

  @Test
  void r10_acrossTwoRegionsIsCopiedButNotLent() {
    byte[] frame = frame(1500);
    long buffer = GuestArena.NEXT - 700;
    driver.descriptor(0, buffer, 2048, WRITE, 0);
    assertNotLendable(CopyReason.UNMAPPED);
    driver.offer(0);
    assertThat(deliver(frame, 64)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(arena.bytesAt(buffer, 1512)).isEqualTo(withHeader(frame, 1));
  }

  @Test
  void r11_readableBuffer() {
    driver.descriptor(0, BUFFER, 2048, 0, 0);
    assertRefused(ChainFault.WRONG_DIRECTION);
    assertNotLendable(CopyReason.NOT_WRITABLE);
    driver.descriptor(0, BUFFER, 20, WRITE | NEXT, 1);
    driver.descriptor(1, BUFFER + 64, 2048, 0, 0);
    assertRefused(ChainFault.WRONG_DIRECTION);
    assertNotLendable(CopyReason.CHAINED);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 11})
  void r12_noRoomForTheHeader(int length) {
    driver.descriptor(0, BUFFER, length, WRITE, 0);
    assertRefused(ChainFault.HEADER_ONLY);
    queue = driver.receive(MERGEABLE);
    assertRefused(ChainFault.HEADER_ONLY);
  }

  @Test
  void r12_smallBufferStaysForASmallerFrame() {
    driver.descriptor(0, BUFFER, 12 + 64, WRITE, 0);
    driver.descriptor(1, BUFFER + 4096, 12 + 64, WRITE, 0);
    driver.offer(0);
    driver.offer(1);
    byte[] memory = arena.snapshot();
    for (int i = 0; i < 3; i++) {
      assertThat(deliver(frame(65), 14)).isEqualTo(ReceiveVirtqueue.TOO_SMALL);
    }
    assertThat(Arrays.equals(arena.snapshot(), memory)).isTrue();
    assertThat(queue.publish()).isZero();
    assertThat(deliver(frame(64), 14)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(deliver(frame(63), 14)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(queue.publish()).isEqualTo(2);
    assertThat(driver.usedHead(0)).isZero();
    assertThat(driver.usedHead(1)).isEqualTo(1);
  }

  @Test
  void mergeableFrameFillsSeveralBuffers() {
    queue = driver.receive(MERGEABLE);
    byte[] frame = frame(1000);
    arena.fill(BUFFER, 0x4000, 0x77);
    for (int head = 0; head < 6; head++) {
      driver.descriptor(head, BUFFER + head * 512L, 256, WRITE, 0);
      driver.offer(head);
    }
    assertThat(deliver(frame, 100)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(driver.usedIndex()).as("visible together only").isZero();
    assertThat(queue.publish()).isEqualTo(4);
    byte[] expected = withHeader(frame, 4);
    int[] lengths = {256, 256, 256, 1012 - 3 * 256};
    for (int i = 0; i < 4; i++) {
      assertThat(driver.usedHead(i)).isEqualTo(i);
      assertThat(driver.usedLength(i)).isEqualTo(lengths[i]);
      assertThat(arena.bytesAt(BUFFER + i * 512L, lengths[i]))
          .isEqualTo(Arrays.copyOfRange(expected, i * 256, i * 256 + lengths[i]));
      assertThat(arena.bytesAt(BUFFER + i * 512L + lengths[i], 512 - lengths[i]))
          .containsOnly(0x77);
    }
    assertThat(queue.outstanding()).isZero();
    assertThat(queue.available()).isEqualTo(2);
  }

  @Test
  void mergeableFrameIsAllOrNothing() {
    queue = driver.receive(MERGEABLE);
    for (int head = 0; head < 3; head++) {
      driver.descriptor(head, BUFFER + head * 512L, 256, WRITE, 0);
      driver.offer(head);
    }
    byte[] memory = arena.snapshot();
    assertThat(deliver(frame(1000), 100)).isEqualTo(ReceiveVirtqueue.NO_BUFFER);
    assertThat(Arrays.equals(arena.snapshot(), memory)).isTrue();
    assertThat(queue.publish()).isZero();
    driver.descriptor(3, BUFFER + 3 * 512L, 256, WRITE, 0);
    driver.offer(3);
    assertThat(deliver(frame(1000), 100)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(queue.publish()).isEqualTo(4);
    for (int i = 0; i < 4; i++) {
      assertThat(driver.usedHead(i)).as("in ring order").isEqualTo(i);
    }
  }

  @Test
  void mergeableFrameSkipsMalformedBuffers() {
    queue = driver.receive(MERGEABLE);
    for (int head = 0; head < 5; head++) {
      boolean bad = head == 1 || head == 3;
      int flags = bad ? WRITE | NEXT : WRITE;
      driver.descriptor(head, BUFFER + head * 512L, bad ? 50 : 256, flags, 8 + head);
      driver.descriptor(8 + head, 0, 256, WRITE, 0);
      driver.offer(head);
      arena.fill(BUFFER + head * 512L, 256, 0x77);
    }
    // The bad ones are malformed behind their first piece, and the frame needs more than that.
    assertThat(deliver(frame(600), 20)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(queue.publish()).isEqualTo(5);
    assertThat(arena.byteAt(BUFFER + VirtioNetHeader.Field.NUM_BUFFERS)).isEqualTo((byte) 3);
    int written = 0;
    for (int i = 0; i < 5; i++) {
      boolean bad = driver.usedHead(i) == 1 || driver.usedHead(i) == 3;
      assertThat(driver.usedLength(i) == 0).isEqualTo(bad);
      written += driver.usedLength(i);
    }
    assertThat(written).isEqualTo(612);
    for (int bad : new int[] {1, 3}) {
      assertThat(arena.bytesAt(BUFFER + bad * 512L, 256)).containsOnly(0x77);
    }
    assertThat(queue.refused(ChainFault.UNMAPPED)).isEqualTo(2);
  }

  @Test
  void mergeableFrameUsesLimitedHeads() {
    int size = 128;
    FakeDriver large = new FakeDriver(arena, size);
    queue = large.receive(MERGEABLE);
    for (int head = 0; head < size; head++) {
      large.descriptor(head, BUFFER + head * 16L, 12, WRITE, 0);
      large.offer(head);
    }
    assertThat(deliver(frame(64 * 12 - 11), 14)).isEqualTo(ReceiveVirtqueue.TOO_SMALL);
    assertThat(queue.returned()).isEqualTo(64);
    assertThat(deliver(frame(64 * 12 - 12), 14)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(queue.publish()).isEqualTo(64);
    assertThat(arena.byteAt(BUFFER + VirtioNetHeader.Field.NUM_BUFFERS)).isEqualTo((byte) 64);
  }

  @Test
  void r17_bufferOverTheRingsHurtsOnlyTheGuest() {
    // The frame overwrites descriptor table and both rings.
    byte[] frame = frame(60_000);
    driver.descriptor(0, driver.descGuest, 60_012, WRITE, 0);
    driver.offer(0);
    assertThat(deliver(frame, 64)).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(queue.publish()).isEqualTo(1);
    for (int i = 0; i < 10 && !queue.isBroken(); i++) {
      deliver(frame(60), 60);
      queue.publish();
    }
    assertThat(queue.completed()).isLessThan(100);
  }

  @Test
  void takenBuffersArePublishedInPlace() {
    for (int head = 0; head < SIZE; head++) {
      driver.descriptor(head, BUFFER + head * 2368L + 52, 2060, WRITE, 0);
      driver.offer(head);
    }
    assertThat(queue.take(posted, 8)).isEqualTo(8);
    assertThat(queue.outstanding()).isEqualTo(8);
    assertThat(queue.available()).isEqualTo(SIZE - 8);
    int[] lengths = new int[8];
    long[] frameAddresses = new long[8];
    for (int i = 0; i < 8; i++) {
      assertThat(posted.reason[i]).isZero();
      assertThat(posted.length[i]).isEqualTo(2060);
      assertThat(posted.address[i]).isEqualTo(arena.host(BUFFER + i * 2368L + 52));
      assertThat(queue.isTaken(i)).isTrue();
      lengths[i] = 60 + i;
      frameAddresses[i] = posted.address[i] + 12;
      arena.fill(BUFFER + i * 2368L + 52, 12, 0xcc);
    }
    // As a NIC may hand them over: not in ring order, and not all of them.
    queue.completeFrames(posted.head, frameAddresses, lengths, new int[] {9, 5, 2, 7}, 1, 4);
    assertThat(queue.publish()).isEqualTo(3);
    int[] order = {5, 2, 7};
    for (int k = 0; k < 3; k++) {
      assertThat(driver.usedHead(k)).isEqualTo(order[k]);
      assertThat(driver.usedLength(k)).isEqualTo(72 + order[k]);
      assertThat(arena.bytesAt(BUFFER + order[k] * 2368L + 52, 12))
          .isEqualTo(withHeader(new byte[0], 1));
      assertThat(queue.isTaken(order[k])).isFalse();
    }
    assertThat(queue.outstanding()).isEqualTo(5);
  }

  @Test
  void givenBackBuffersAreUsedFirst() {
    for (int head = 0; head < 4; head++) {
      driver.descriptor(head, BUFFER + head * 2048L, 2048, WRITE, 0);
      driver.offer(head);
    }
    queue.take(posted, 2);
    queue.giveBack(1);
    assertThat(queue.returned()).isEqualTo(1);
    assertThat(queue.isTaken(1)).as("not the driver's yet").isTrue();
    deliver(frame(60), 60);
    deliver(frame(60), 60);
    queue.giveBack(0);
    deliver(frame(60), 60);
    queue.publish();
    assertThat(driver.usedHead(0)).isEqualTo(1);
    assertThat(driver.usedHead(1)).isEqualTo(2);
    assertThat(driver.usedHead(2)).isZero();
    assertThat(queue.available()).isEqualTo(1);
  }
}
