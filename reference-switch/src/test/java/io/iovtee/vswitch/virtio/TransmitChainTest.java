// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.MemoryRegion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the guest may put on its transmitq, and what is refused (checks R07 to R17). */
final class TransmitChainTest {
  private static final int SIZE = 16;
  private static final int NEXT = VirtqDesc.Flag.NEXT;
  private static final int WRITE = VirtqDesc.Flag.WRITE;
  private static final int INDIRECT = VirtqDesc.Flag.INDIRECT;
  private static final long BUFFER = FakeDriver.BUFFERS;
  private static final long TABLE = FakeDriver.BUFFERS + 0x1_0000;

  private final GuestArena arena = new GuestArena();
  private final FakeDriver driver = new FakeDriver(arena, SIZE);
  private final TransmitFrames frames = new TransmitFrames();
  private TransmitVirtqueue queue = driver.transmit(FakeDriver.FEATURES);

  @AfterEach
  void release() {
    arena.close();
  }

  /** Offers head 0; it must come back with length 0, under this reason and no other. */
  private void assertRefused(ChainFault reason) {
    long before = queue.refused(reason);
    long total = allRefused();
    int position = driver.usedIndex();
    driver.offer(0);
    assertThat(queue.takeTransmit(frames, 8)).as("frames taken").isZero();
    assertThat(queue.refused(reason)).as("refused as %s", reason).isEqualTo(before + 1);
    assertThat(allRefused()).isEqualTo(total + 1);
    assertThat(queue.publish()).isEqualTo(1);
    assertThat(driver.usedHead(position)).isZero();
    assertThat(driver.usedLength(position)).isZero();
    assertThat(queue.outstanding()).isZero();
    assertThat(queue.isBroken()).isFalse();
  }

  private long allRefused() {
    return Arrays.stream(ChainFault.values()).mapToLong(queue::refused).sum();
  }

  /** Offers head 0; it must come out as a frame of these bytes. */
  private void assertFrame(byte[] expected) {
    driver.offer(0);
    assertThat(queue.takeTransmit(frames, 8)).isEqualTo(1);
    assertThat(frames.head[0]).isZero();
    assertThat(frames.length[0]).isEqualTo(expected.length);
    int capacity = (int) GuestArena.HOST_BYTES;
    assertThat(frames.gather(0, arena.hostArea(), capacity)).isEqualTo(expected.length);
    assertThat(arena.hostBytes(0, expected.length)).isEqualTo(expected);
    assertThat(frames.gather(0, arena.hostArea(), expected.length - 1)).isEqualTo(-1);
    queue.complete(0, 0);
    assertThat(queue.publish()).isEqualTo(1);
    assertThat(allRefused()).isZero();
  }

  /** A header without offload, and a frame, written at an address. */
  private byte[] frameAt(long guest, int length) {
    byte[] frame = new byte[length];
    new SplittableRandom(length).nextBytes(frame);
    arena.writeBytes(guest, new byte[VirtioNetHeader.LENGTH]);
    arena.writeBytes(guest + VirtioNetHeader.LENGTH, frame);
    return frame;
  }

  @Test
  void oneDescriptor() {
    byte[] frame = frameAt(BUFFER, 60);
    driver.descriptor(0, BUFFER, 72, 0, 0);
    assertFrame(frame);
    assertThat(frames.contiguous[0]).isTrue();
    assertThat(frames.address[0]).isEqualTo(arena.host(BUFFER + 12));
  }

  @Test
  void headerInADescriptorOfItsOwnLeavesTheFrameContiguous() {
    byte[] frame = frameAt(BUFFER, 200);
    driver.descriptor(0, BUFFER, 12, NEXT, 1);
    driver.descriptor(1, BUFFER + 12, 200, 0, 0);
    assertFrame(frame);
    assertThat(frames.contiguous[0]).isTrue();
    assertThat(frames.address[0]).isEqualTo(arena.host(BUFFER + 12));
  }

  @Test
  void reservedFlagsAreIgnored() {
    byte[] frame = frameAt(BUFFER, 60);
    driver.descriptor(0, BUFFER, 72, 0xfff8, 5);
    assertFrame(frame);
  }

  @Test
  void r07_nextOutOfRange() {
    for (int next : new int[] {SIZE, 0x7fff, 0xffff}) {
      driver.descriptor(0, BUFFER, 100, NEXT, next);
      assertRefused(ChainFault.NEXT_OUT_OF_RANGE);
    }
  }

  @Test
  void r07_selfLoop() {
    driver.descriptor(0, BUFFER, 100, NEXT, 0);
    assertRefused(ChainFault.TOO_MANY_DESCRIPTORS);
  }

  @Test
  void r07_longLoop() {
    for (int i = 0; i < SIZE; i++) {
      driver.descriptor(i, BUFFER, 100, NEXT, (i + 1) % SIZE);
    }
    assertRefused(ChainFault.TOO_MANY_DESCRIPTORS);
  }

  @Test
  void r07_loopInAnIndirectTable() {
    driver.descriptor(0, TABLE, 3 * 16, INDIRECT, 0);
    for (int i = 0; i < 3; i++) {
      driver.descriptorAt(TABLE, i, BUFFER, 100, NEXT, (i + 1) % 3);
    }
    assertRefused(ChainFault.TOO_MANY_DESCRIPTORS);
  }

  @Test
  void r07_loopOfEmptyDescriptors() {
    driver.descriptor(0, BUFFER, 0, NEXT, 1);
    driver.descriptor(1, BUFFER, 0, NEXT, 0);
    assertRefused(ChainFault.ZERO_LENGTH);
  }

  @Test
  void r07_chainOfTheWholeRingIsLegal() {
    byte[] frame = frameAt(BUFFER, SIZE * 20 - 12);
    for (int i = 0; i < SIZE; i++) {
      driver.descriptor(i, BUFFER + i * 20L, 20, i == SIZE - 1 ? 0 : NEXT, i + 1);
    }
    assertFrame(frame);
  }

  @Test
  void r07_moreSegmentsThanWeGather() {
    int size = 1024;
    FakeDriver large = new FakeDriver(arena, size, GuestArena.LOW, 0);
    queue = large.transmit(FakeDriver.FEATURES);
    // Each buffer crosses a region border, so 1024 descriptors make 1025 pieces or more.
    for (int i = 0; i < size; i++) {
      large.descriptor(i, GuestArena.NEXT - 1, 2, i == size - 1 ? 0 : NEXT, i + 1);
    }
    large.offer(0);
    assertThat(queue.takeTransmit(frames, 1)).isZero();
    assertThat(queue.refused(ChainFault.TOO_MANY_SEGMENTS)).isEqualTo(1);
  }

  @Test
  void r07_manySegmentsAreTakenInSeveralCalls() {
    int size = 1024;
    FakeDriver large = new FakeDriver(arena, size, GuestArena.LOW, 0);
    queue = large.transmit(FakeDriver.FEATURES);
    byte[] frame = frameAt(BUFFER, 20 * 1000 - 12);
    for (int i = 0; i < 1000; i++) {
      large.descriptorAt(TABLE, i, BUFFER + i * 20L, 20, i == 999 ? 0 : NEXT, i + 1);
    }
    for (int head = 0; head < 3; head++) {
      large.descriptor(head, TABLE, 16_000, INDIRECT, 0);
      large.offer(head);
    }
    for (int expected : new int[] {2, 1, 0}) {
      assertThat(queue.takeTransmit(frames, 8)).isEqualTo(expected);
      for (int i = 0; i < expected; i++) {
        assertThat(frames.gather(i, arena.hostArea(), 65536)).isEqualTo(frame.length);
        assertThat(arena.hostBytes(0, frame.length)).isEqualTo(frame);
      }
    }
    assertThat(queue.outstanding()).isEqualTo(3);
  }

  @Test
  void r08_indirectNotNegotiated() {
    queue = driver.transmit(VirtioFeature.VERSION_1.mask());
    frameAt(BUFFER, 60);
    driver.descriptorAt(TABLE, 0, BUFFER, 72, 0, 0);
    driver.descriptor(0, TABLE, 16, INDIRECT, 0);
    assertRefused(ChainFault.INDIRECT_NOT_NEGOTIATED);
  }

  @Test
  void r08_indirectTable() {
    byte[] frame = frameAt(BUFFER, 200);
    driver.descriptorAt(TABLE, 0, BUFFER, 12, NEXT, 2);
    driver.descriptorAt(TABLE, 2, BUFFER + 12, 100, NEXT, 1);
    driver.descriptorAt(TABLE, 1, BUFFER + 112, 100, 0, 0);
    driver.descriptor(0, TABLE, 48, INDIRECT, 0);
    assertFrame(frame);
    assertThat(frames.contiguous[0]).isFalse();
  }

  @Test
  void r08_nestedIndirect() {
    driver.descriptorAt(TABLE, 0, TABLE, 16, INDIRECT, 0);
    driver.descriptor(0, TABLE, 16, INDIRECT, 0);
    assertRefused(ChainFault.INDIRECT_NESTED);
  }

  @Test
  void r08_indirectAndNext() {
    driver.descriptorAt(TABLE, 0, BUFFER, 72, 0, 0);
    driver.descriptor(0, TABLE, 16, INDIRECT | NEXT, 1);
    driver.descriptor(1, BUFFER, 72, 0, 0);
    assertRefused(ChainFault.INDIRECT_WITH_NEXT);
  }

  @Test
  void r08_writeFlagOnTheIndirectDescriptorIsIgnored() {
    byte[] frame = frameAt(BUFFER, 60);
    driver.descriptorAt(TABLE, 0, BUFFER, 72, 0, 0);
    driver.descriptor(0, TABLE, 16, INDIRECT | WRITE, 0);
    assertFrame(frame);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 15, 17, 24, (SIZE + 1) * 16, 0x1_0000, 0xffff_fff0L, 0xffff_ffffL})
  void r08_indirectLength(long length) {
    driver.descriptorAt(TABLE, 0, BUFFER, 72, 0, 0);
    driver.descriptor(0, TABLE, length, INDIRECT, 0);
    assertRefused(ChainFault.INDIRECT_LENGTH);
  }

  @Test
  void r08_indirectTableOutsideMemory() {
    for (long table :
        new long[] {
          0,
          -16,
          GuestArena.LOW - 16,
          GuestArena.NEXT - 16,
          GuestArena.NEXT + GuestArena.NEXT_BYTES - 16
        }) {
      driver.descriptor(0, table, 32, INDIRECT, 0);
      assertRefused(ChainFault.UNMAPPED);
    }
  }

  @Test
  void r08_nextBeyondTheTable() {
    driver.descriptorAt(TABLE, 0, BUFFER, 72, NEXT, 2);
    driver.descriptor(0, TABLE, 32, INDIRECT, 0);
    assertRefused(ChainFault.NEXT_OUT_OF_RANGE);
  }

  @Test
  void r08_severalDescriptorsAndThenATableIsLegal() {
    byte[] frame = frameAt(BUFFER, 300);
    driver.descriptor(0, BUFFER, 12, NEXT, 4);
    driver.descriptor(4, BUFFER + 12, 100, NEXT, 7);
    driver.descriptor(7, TABLE, 32, INDIRECT, 0);
    driver.descriptorAt(TABLE, 0, BUFFER + 112, 150, NEXT, 1);
    driver.descriptorAt(TABLE, 1, BUFFER + 262, 50, 0, 0);
    assertFrame(frame);
  }

  @Test
  void r08_tableInsideTheRingIsOnlyTheGuestsProblem() {
    driver.descriptor(0, driver.descGuest, SIZE * 16, INDIRECT, 0);
    assertRefused(ChainFault.INDIRECT_NESTED);
    driver.descriptor(0, driver.usedGuest, 16, INDIRECT, 0);
    driver.offer(0);
    assertThat(queue.takeTransmit(frames, 8)).isZero();
    assertThat(queue.isBroken()).isFalse();
  }

  @Test
  void r09_unmappedAddresses() {
    for (long guest :
        new long[] {
          0,
          -1,
          Long.MIN_VALUE,
          -72,
          GuestArena.LOW - 1,
          GuestArena.LOW - 71,
          GuestArena.NEXT + GuestArena.NEXT_BYTES - 71,
          GuestArena.NEXT + GuestArena.NEXT_BYTES,
          GuestArena.FAR - 1,
          GuestArena.FAR + GuestArena.FAR_BYTES - 71
        }) {
      driver.descriptor(0, guest, 72, 0, 0);
      assertRefused(ChainFault.UNMAPPED);
    }
  }

  @Test
  void r09_bufferAroundTheEndOfTheAddressSpace() {
    MemoryRegion rings = arena.memory().regions().getFirst();
    long top = -GuestArena.NEXT_BYTES;
    GuestMemory memory =
        GuestMemory.ofMapped(
            List.of(
                rings,
                new MemoryRegion(top, GuestArena.NEXT_BYTES, 0, 0, arena.host(GuestArena.NEXT)),
                new MemoryRegion(0, 4096, 0, 0, arena.host(GuestArena.FAR))));
    queue = driver.transmit(memory, FakeDriver.FEATURES);
    driver.descriptor(0, -72, 72, 0, 0);
    driver.offer(0);
    assertThat(queue.takeTransmit(frames, 8)).as("the last bytes").isEqualTo(1);
    queue.complete(0, 0);
    queue.publish();
    driver.descriptor(0, -72, 73, 0, 0);
    assertRefused(ChainFault.UNMAPPED);
  }

  @Test
  void r09_lastBytesOfARegionAreMapped() {
    long guest = GuestArena.FAR + GuestArena.FAR_BYTES - 72;
    byte[] frame = frameAt(guest, 60);
    driver.descriptor(0, guest, 72, 0, 0);
    assertFrame(frame);
  }

  @Test
  void r09_emptyDescriptor() {
    driver.descriptor(0, BUFFER, 0, 0, 0);
    assertRefused(ChainFault.ZERO_LENGTH);
    driver.descriptor(0, 0, 0, 0, 0);
    assertRefused(ChainFault.ZERO_LENGTH);
    frameAt(BUFFER, 60);
    driver.descriptor(0, BUFFER, 72, NEXT, 1);
    driver.descriptor(1, BUFFER, 0, 0, 0);
    assertRefused(ChainFault.ZERO_LENGTH);
  }

  @ParameterizedTest
  @ValueSource(longs = {65536 + 12, 0x7fff_ffffL, 0x8000_0000L, 0xffff_ffffL})
  void r09_hugeLength(long length) {
    driver.descriptor(0, BUFFER, length, 0, 0);
    assertRefused(ChainFault.TOO_LONG);
  }

  @Test
  void r09_lengthsThatAddUpBeyondTheLimit() {
    driver.descriptor(0, BUFFER, 0x8000, NEXT, 1);
    driver.descriptor(1, BUFFER, 0x8000, NEXT, 2);
    driver.descriptor(2, BUFFER, 0xd, 0, 0);
    assertRefused(ChainFault.TOO_LONG);
  }

  @Test
  void r10_bufferAcrossTwoRegions() {
    byte[] frame = frameAt(GuestArena.NEXT - 100, 500);
    driver.descriptor(0, GuestArena.NEXT - 100, 512, 0, 0);
    assertFrame(frame);
    assertThat(frames.contiguous[0]).isFalse();
  }

  @Test
  void r10_headerAcrossTwoRegions() {
    byte[] frame = frameAt(GuestArena.NEXT - 5, 500);
    driver.descriptor(0, GuestArena.NEXT - 5, 512, 0, 0);
    assertFrame(frame);
    assertThat(frames.contiguous[0]).isTrue();
    assertThat(frames.address[0]).isEqualTo(arena.host(GuestArena.NEXT + 7));
  }

  @Test
  void r11_writableBuffer() {
    driver.descriptor(0, BUFFER, 72, WRITE, 0);
    assertRefused(ChainFault.WRONG_DIRECTION);
    driver.descriptor(0, BUFFER, 72, NEXT, 1);
    driver.descriptor(1, BUFFER, 72, WRITE, 0);
    assertRefused(ChainFault.WRONG_DIRECTION);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 11, 12})
  void r13_noMoreThanAHeader(int length) {
    driver.descriptor(0, BUFFER, length, 0, 0);
    assertRefused(ChainFault.HEADER_ONLY);
  }

  @Test
  void r13_headerOnlyInPieces() {
    for (int i = 0; i < 12; i++) {
      driver.descriptor(i, BUFFER + i, 1, i == 11 ? 0 : NEXT, i + 1);
    }
    assertRefused(ChainFault.HEADER_ONLY);
  }

  @Test
  void r13_headerOverOneToTwelveDescriptors() {
    for (int pieces = 1; pieces <= 12; pieces++) {
      byte[] frame = frameAt(BUFFER, 100 + pieces);
      int at = 0;
      for (int i = 0; i < pieces; i++) {
        int length = i == pieces - 1 ? 12 - at : 1;
        driver.descriptor(i, BUFFER + at, length, NEXT, i + 1);
        at += length;
      }
      driver.descriptor(pieces, BUFFER + 12, 100 + pieces, 0, 0);
      assertFrame(frame);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 0x80})
  void r14_flagsWithoutTheFeature(int flags) {
    frameAt(BUFFER, 60);
    arena.writeBytes(BUFFER, new byte[] {(byte) flags});
    driver.descriptor(0, BUFFER, 72, 0, 0);
    assertRefused(ChainFault.OFFLOAD);
    driver.descriptor(0, BUFFER, 5, NEXT, 1);
    driver.descriptor(1, BUFFER + 5, 67, 0, 0);
    assertRefused(ChainFault.OFFLOAD);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 5, 0x80, 0xff})
  void r14_gsoWithoutTheFeature(int gsoType) {
    frameAt(BUFFER, 60);
    arena.writeBytes(BUFFER + 1, new byte[] {(byte) gsoType});
    driver.descriptor(0, BUFFER, 72, 0, 0);
    assertRefused(ChainFault.OFFLOAD);
    driver.descriptor(0, BUFFER, 1, NEXT, 1);
    driver.descriptor(1, BUFFER + 1, 71, 0, 0);
    assertRefused(ChainFault.OFFLOAD);
  }

  @Test
  void r14_fieldsThatMeanNothingWithoutFlagsAreIgnored() {
    byte[] frame = frameAt(BUFFER, 60);
    byte[] lies = new byte[10];
    Arrays.fill(lies, (byte) 0xff);
    arena.writeBytes(BUFFER + 2, lies);
    driver.descriptor(0, BUFFER, 72, 0, 0);
    assertFrame(frame);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 13})
  void r15_runt(int length) {
    frameAt(BUFFER, 60);
    driver.descriptor(0, BUFFER, 12 + length, 0, 0);
    assertRefused(ChainFault.RUNT);
    driver.descriptor(0, BUFFER, 12, NEXT, 1);
    driver.descriptor(1, BUFFER + 12, length, 0, 0);
    assertRefused(ChainFault.RUNT);
  }

  @Test
  void r15_shortestAndLongestFrame() {
    byte[] shortest = frameAt(BUFFER, 14);
    driver.descriptor(0, BUFFER, 26, 0, 0);
    assertFrame(shortest);
    byte[] longest = frameAt(BUFFER, 65535);
    driver.descriptor(0, BUFFER, 65535 + 12, 0, 0);
    assertFrame(longest);
    driver.descriptor(0, BUFFER, 0x8000, NEXT, 1);
    driver.descriptor(1, BUFFER + 0x8000, 65535 + 12 - 0x8000, 0, 0);
    assertFrame(longest);
  }

  @Test
  void r17_twoFramesInOneBuffer() {
    byte[] frame = frameAt(BUFFER, 60);
    for (int head = 0; head < 2; head++) {
      driver.descriptor(head, BUFFER, 72, 0, 0);
      driver.offer(head);
    }
    assertThat(queue.takeTransmit(frames, 8)).isEqualTo(2);
    assertThat(frames.address[0]).isEqualTo(frames.address[1]);
    assertThat(frames.gather(1, arena.hostArea(), 2048)).isEqualTo(60);
    assertThat(arena.hostBytes(0, 60)).isEqualTo(frame);
  }

  @Test
  void goodFramesBetweenBadOnesKeepTheirOrder() {
    List<Integer> good = new ArrayList<>();
    for (int head = 0; head < SIZE; head++) {
      frameAt(BUFFER + head * 128L, 20 + head);
      boolean malformed = head % 3 == 1;
      driver.descriptor(head, BUFFER + head * 128L, 32 + head, malformed ? WRITE : 0, 0);
      driver.offer(head);
      if (!malformed) {
        good.add(head);
      }
    }
    assertThat(queue.takeTransmit(frames, 64)).isEqualTo(good.size());
    for (int i = 0; i < good.size(); i++) {
      assertThat(frames.head[i]).isEqualTo(good.get(i));
      assertThat(frames.length[i]).isEqualTo(20 + good.get(i));
    }
    assertThat(queue.outstanding()).isEqualTo(good.size());
    assertThat(queue.publish()).isEqualTo(SIZE - good.size());
  }
}
