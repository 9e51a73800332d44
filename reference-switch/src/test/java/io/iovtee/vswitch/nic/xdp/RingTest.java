// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.Xsk.RingOffsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The four rings; the test plays the kernel. Each begins shortly before an index wraps, too. */
class RingTest {
  private static final int SIZE = 8;
  private static final int PRODUCER = 0;
  private static final int CONSUMER = 64;
  private static final int FLAGS = 128;
  private static final int ENTRIES = 256;

  private final Mmap mapping = Mmap.anonymous(4096);
  private final long base = mapping.address();

  @AfterEach
  void unmap() {
    mapping.close();
  }

  private RingMemory memory(int start) {
    AddressSpace.putInt(base + PRODUCER, start);
    AddressSpace.putInt(base + CONSUMER, start);
    return new RingMemory(mapping, new RingOffsets(PRODUCER, CONSUMER, ENTRIES, FLAGS), SIZE);
  }

  private int shared(int offset) {
    return AddressSpace.getInt(base + offset);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -3})
  void fillRingHandsOverOnlyWhatWasSubmitted(int start) {
    FillRing ring = new FillRing(memory(start));
    assertThat(ring.reserve(100)).isEqualTo(SIZE);
    assertThat(ring.reserve(5)).isEqualTo(5);
    for (int i = 0; i < 5; i++) {
      ring.write(ring.index(i), 1000 + i);
    }
    assertThat(shared(PRODUCER)).isEqualTo(start);
    ring.submit(5);
    assertThat(shared(PRODUCER)).isEqualTo(start + 5);
    for (int i = 0; i < 5; i++) {
      assertThat(AddressSpace.getLong(base + ENTRIES + 8L * ((start + i) & (SIZE - 1))))
          .isEqualTo(1000 + i);
    }
    assertThat(ring.waiting()).isEqualTo(5);
    assertThat(ring.reserve(SIZE)).isEqualTo(3);
    AddressSpace.putInt(base + CONSUMER, start + 4);
    assertThat(ring.reserve(SIZE)).isEqualTo(7);
    assertThat(ring.waiting()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -3})
  void fullRingHasNoRoomUntilTheKernelTakesSomething(int start) {
    TxRing ring = new TxRing(memory(start));
    for (int i = 0; i < SIZE; i++) {
      assertThat(ring.reserve(1)).isEqualTo(1);
      ring.write(ring.index(0), 4096L * i, 60 + i);
      ring.submit(1);
    }
    assertThat(ring.reserve(1)).isZero();
    AddressSpace.putInt(base + CONSUMER, start + 1);
    assertThat(ring.reserve(2)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -3})
  void txRingWritesWholeDescriptors(int start) {
    TxRing ring = new TxRing(memory(start));
    AddressSpace.fill(base + ENTRIES, SIZE * 16, (byte) 0xff);
    ring.reserve(1);
    ring.write(ring.index(0), 0x123456789aL, 1514);
    long entry = base + ENTRIES + 16L * (start & (SIZE - 1));
    assertThat(AddressSpace.getLong(entry)).isEqualTo(0x123456789aL);
    assertThat(AddressSpace.getInt(entry + 8)).isEqualTo(1514);
    assertThat(AddressSpace.getInt(entry + 12)).as("options").isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -3})
  void rxRingReadsAlignedAndUnalignedAddresses(int start) {
    RxRing ring = new RxRing(memory(start));
    assertThat(ring.peek(64)).isZero();
    deliver(start, 0, 2048 + 512, 60);
    deliver(start, 1, 512L << 48 | 0x4711, 1514);
    AddressSpace.putInt(base + PRODUCER, start + 2);
    assertThat(ring.peek(1)).isEqualTo(1);
    assertThat(ring.peek(64)).isEqualTo(2);
    assertThat(ring.frameOffset(ring.index(0))).isEqualTo(2560);
    assertThat(ring.length(ring.index(0))).isEqualTo(60);
    assertThat(ring.frameOffset(ring.index(1))).isEqualTo(0x4711 + 512);
    assertThat(ring.length(ring.index(1))).isEqualTo(1514);
    assertThat(shared(CONSUMER)).isEqualTo(start);
    ring.release(2);
    assertThat(shared(CONSUMER)).isEqualTo(start + 2);
    assertThat(ring.peek(64)).isZero();
  }

  private void deliver(int start, int i, long address, int length) {
    long entry = base + ENTRIES + 16L * ((start + i) & (SIZE - 1));
    AddressSpace.putLong(entry, address);
    AddressSpace.putInt(entry + 8, length);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -3})
  void completionRingReturnsWhatWasSent(int start) {
    CompletionRing ring = new CompletionRing(memory(start));
    AddressSpace.putLong(base + ENTRIES + 8L * (start & (SIZE - 1)), 12345);
    AddressSpace.putInt(base + PRODUCER, start + 1);
    assertThat(ring.peek(64)).isEqualTo(1);
    assertThat(ring.offset(ring.index(0))).isEqualTo(12345);
    ring.release(1);
    assertThat(shared(CONSUMER)).isEqualTo(start + 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void wakeupIsWhatTheFlagSays(int flag) {
    FillRing ring = new FillRing(memory(0));
    AddressSpace.putInt(base + FLAGS, flag);
    assertThat(ring.needsWakeup()).isEqualTo(flag == 1);
  }
}
