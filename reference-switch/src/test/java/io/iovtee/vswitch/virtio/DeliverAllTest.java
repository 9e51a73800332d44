// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PostedBuffers;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Copies by batch: as by one, up to the first frame that is not straightforward. */
final class DeliverAllTest {
  private static final int SIZE = 16;
  private static final int WRITE = VirtqDesc.Flag.WRITE;
  private static final long BUFFER = FakeDriver.BUFFERS;
  private static final int STRIDE = 256;
  private static final int FRAMES = 6;

  private final GuestArena arena = new GuestArena();
  private final FakeDriver driver = new FakeDriver(arena, SIZE);
  private final ReceiveVirtqueue queue = driver.receive(FakeDriver.FEATURES);
  private final byte[] bytes = new byte[FRAMES * STRIDE];
  private final long[] address = new long[FRAMES];
  private final int[] length = {60, 64, 65, 100, 128, 200};
  private final int[] index = {5, 4, 3, 2, 1, 0};

  DeliverAllTest() {
    new SplittableRandom(7).nextBytes(bytes);
    long base = arena.hostFrame(bytes);
    for (int i = 0; i < FRAMES; i++) {
      address[i] = base + (long) i * STRIDE;
    }
  }

  @AfterEach
  void release() {
    arena.close();
  }

  private void post(int head, int bufferLength) {
    driver.descriptor(head, BUFFER + head * 0x1000L, bufferLength, WRITE, 0);
    driver.offer(head);
  }

  private void assertDelivered(int position, int head, int frame) {
    assertThat(driver.usedHead(position)).isEqualTo(head);
    assertThat(driver.usedLength(position)).isEqualTo(12 + length[frame]);
    byte[] expected = new byte[12 + length[frame]];
    expected[10] = 1;
    System.arraycopy(bytes, frame * STRIDE, expected, 12, length[frame]);
    assertThat(arena.bytesAt(BUFFER + head * 0x1000L, expected.length)).isEqualTo(expected);
  }

  @Test
  void framesGoIntoTheNextBuffersInOrder() {
    for (int head = 0; head < 8; head++) {
      arena.fill(BUFFER + head * 0x1000L, 2048, 0x77);
      post(head, 2048);
    }
    assertThat(queue.deliverAll(address, length, index, 1, FRAMES)).isEqualTo(FRAMES - 1);
    assertThat(queue.publish()).isEqualTo(FRAMES - 1);
    for (int i = 0; i < FRAMES - 1; i++) {
      assertDelivered(i, i, index[i + 1]);
      assertThat(arena.bytesAt(BUFFER + i * 0x1000L + 12 + length[index[i + 1]], 8))
          .containsOnly(0x77);
    }
    assertThat(queue.available()).isEqualTo(8 - (FRAMES - 1));
  }

  @Test
  void endsWhereTheGuestHasNoMoreBuffers() {
    post(3, 2048);
    post(1, 2048);
    assertThat(queue.deliverAll(address, length, index, 0, FRAMES)).isEqualTo(2);
    assertThat(queue.publish()).isEqualTo(2);
    assertDelivered(0, 3, index[0]);
    assertDelivered(1, 1, index[1]);
    assertThat(queue.outstanding()).isZero();
  }

  /** Too short, chained, not writable, empty. */
  @ParameterizedTest
  @CsvSource({"139, 2", "2048, 3", "2048, 0", "0, 2"})
  void leavesABufferThatIsNotPlainInTheRing(int bufferLength, int flags) {
    post(0, 2048);
    driver.descriptor(1, BUFFER + 0x1000L, bufferLength, flags, 2);
    driver.descriptor(2, BUFFER + 0x2000L, 2048, WRITE, 0);
    driver.offer(1);
    post(4, 2048);
    assertThat(queue.deliverAll(address, length, index, 0, 3)).isEqualTo(1);
    assertThat(queue.publish()).isEqualTo(1);
    assertDelivered(0, 0, index[0]);
    assertThat(queue.outstanding()).isZero();
    assertThat(queue.available()).isEqualTo(2);
    assertThat(queue.isBroken()).isFalse();
  }

  @Test
  void addressesOutsideMemoryAreNotWrittenTo() {
    driver.descriptor(0, GuestArena.LOW - 64, 2048, WRITE, 0);
    driver.offer(0);
    assertThat(queue.deliverAll(address, length, index, 0, 1)).isZero();
    assertThat(queue.outstanding()).isZero();
  }

  @Test
  void buffersThatWereGivenBackComeFirst() {
    post(0, 2048);
    post(1, 2048);
    PostedBuffers posted = new PostedBuffers();
    assertThat(queue.take(posted, 1)).isEqualTo(1);
    queue.giveBack(0);
    assertThat(queue.deliverAll(address, length, index, 0, 2)).isZero();
    int result = queue.deliver(new byte[0], 0, 0, address[index[0]], length[index[0]]);
    assertThat(result).isEqualTo(ReceiveVirtqueue.DELIVERED);
    assertThat(queue.deliverAll(address, length, index, 1, 2)).isEqualTo(1);
    queue.publish();
    assertDelivered(0, 0, index[0]);
    assertDelivered(1, 1, index[1]);
  }

  @Test
  void aHeadTwiceInOneBatchBreaksTheRing() {
    post(0, 2048);
    driver.offer(0);
    assertThat(queue.deliverAll(address, length, index, 0, 2)).isEqualTo(1);
    assertThat(queue.fault()).isEqualTo(RingFault.HEAD_OUTSTANDING);
  }

  /** The batch ends at a chain, and behind it the ring is broken: nothing more is taken from it. */
  @Test
  void whatWasLeftInABrokenRingStaysThere() {
    post(0, 2048);
    driver.descriptor(1, BUFFER + 0x1000L, 2048, WRITE | VirtqDesc.Flag.NEXT, 2);
    driver.descriptor(2, BUFFER + 0x2000L, 2048, WRITE, 0);
    driver.offer(1);
    driver.offer(0);
    assertThat(queue.deliverAll(address, length, index, 0, 3)).isEqualTo(1);
    assertThat(queue.fault()).isEqualTo(RingFault.HEAD_OUTSTANDING);
    int result = queue.deliver(new byte[0], 0, 0, address[index[1]], length[index[1]]);
    assertThat(result).isEqualTo(ReceiveVirtqueue.BROKEN);
    assertThat(queue.outstanding()).isZero();
  }
}
