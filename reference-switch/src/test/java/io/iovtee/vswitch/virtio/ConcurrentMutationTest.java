// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Another thread of the guest rewrites descriptors, tables and headers while we read them (check
 * R16): what was checked is what is used, or a page around the regions ends the JVM.
 */
final class ConcurrentMutationTest {
  private static final long CHAINS = Long.getLong("iovtee.mutation.chains", 1_000_000);
  private static final int SIZE = 64;
  private static final long TABLE = FakeDriver.BUFFERS;
  private static final long FEATURES =
      FakeDriver.FEATURES | VirtioFeature.MRG_RXBUF.mask() | VirtioFeature.EVENT_IDX.mask();

  /** Where a buffer may begin: inside, at the very ends, and outside of the regions. */
  private static final long[] ADDRESSES = {
    FakeDriver.BUFFERS + 0x8000,
    GuestArena.NEXT - 76,
    GuestArena.NEXT - 40,
    GuestArena.NEXT + GuestArena.NEXT_BYTES - 76,
    GuestArena.FAR,
    GuestArena.FAR + GuestArena.FAR_BYTES - 76,
    GuestArena.FAR + GuestArena.FAR_BYTES - 2060,
    TABLE,
    0,
    -76
  };

  private static final long[] LENGTHS = {76, 76, 76, 13, 32, 2060, 65547, 0xffff_ffffL, 0};

  private final GuestArena arena = new GuestArena();
  private final FakeDriver driver = new FakeDriver(arena, SIZE);
  private final AtomicBoolean running = new AtomicBoolean(true);
  private final AtomicLong mutations = new AtomicLong();
  private Thread mutator = new Thread(() -> {});

  @BeforeEach
  void startMutator() {
    for (int i = 0; i < SIZE; i++) {
      driver.descriptor(i, ADDRESSES[0], 76, 0, 0);
    }
    mutator = new Thread(this::mutate, "guest-mutator");
    mutator.start();
  }

  @AfterEach
  void release() throws InterruptedException {
    stopMutator();
    arena.close();
  }

  private void stopMutator() throws InterruptedException {
    running.set(false);
    mutator.join();
  }

  private void mutate() {
    var random = new SplittableRandom(16);
    while (running.get()) {
      for (int i = 0; i < 100; i++) {
        long table = random.nextInt(3) == 0 ? TABLE : driver.descGuest;
        long at = arena.host(table) + random.nextInt(SIZE) * 16L;
        int flags = random.nextInt(4) == 0 ? random.nextInt(8) : random.nextInt(2) * 2;
        int next = random.nextInt(16) == 0 ? random.nextInt(0x1_0000) : random.nextInt(SIZE);
        long length = LENGTHS[random.nextInt(LENGTHS.length)];
        long address = ADDRESSES[random.nextInt(ADDRESSES.length)];
        if ((flags & VirtqDesc.Flag.INDIRECT) != 0 && random.nextBoolean()) {
          address = TABLE;
          length = 16L * (1 + random.nextInt(SIZE));
        }
        AddressSpace.putLong(at, address);
        AddressSpace.putLong(at + 8, VirtqDesc.word(length, flags, next));
        AddressSpace.putByte(arena.host(ADDRESSES[0]), (byte) random.nextInt(2));
      }
      mutations.addAndGet(100);
    }
  }

  /**
   * Whether there is more to do. Where the mutator gets little of a busy machine, the rings stay
   * for long as they are, often with hardly a chain that is right: then it takes more of them.
   */
  private static boolean goesOn(long chains, boolean enoughWereRight) {
    return chains < CHAINS || (!enoughWereRight && chains < 50 * CHAINS);
  }

  @Test
  void r16_transmit() throws InterruptedException {
    TransmitVirtqueue queue = driver.transmit(FEATURES);
    var frames = new TransmitFrames();
    long taken = 0;
    while (goesOn(queue.completed(), taken > CHAINS / 100)) {
      for (int head = 0; head < SIZE; head++) {
        driver.offer(head);
      }
      while (queue.available() > 0) {
        int count = queue.takeTransmit(frames, SIZE);
        taken += count;
        for (int i = 0; i < count; i++) {
          int length = frames.length[i];
          if (length < 14 || length > 65535) {
            assertThat(length).isBetween(14, 65535);
          }
          assertThat(frames.gather(i, arena.hostArea(), (int) GuestArena.HOST_BYTES))
              .isEqualTo(length);
          queue.complete(frames.head[i], 0);
        }
      }
      queue.publish();
    }
    stopMutator();
    assertThat(queue.isBroken()).isFalse();
    assertThat(queue.outstanding()).isZero();
    assertThat(taken).as("frames").isGreaterThan(CHAINS / 100);
    assertThat(mutations.get()).isPositive();
    for (ChainFault reason :
        new ChainFault[] {ChainFault.UNMAPPED, ChainFault.WRONG_DIRECTION, ChainFault.TOO_LONG}) {
      assertThat(queue.refused(reason)).as("%s", reason).isPositive();
    }
  }

  @Test
  void r16_receive() throws InterruptedException {
    ReceiveVirtqueue queue = driver.receive(FEATURES);
    var posted = new PostedBuffers();
    byte[] header = new byte[64];
    long delivered = 0;
    long lent = 0;
    while (goesOn(queue.completed(), delivered > CHAINS / 20 && lent > CHAINS / 100)) {
      for (int head = 0; head < SIZE; head++) {
        driver.offer(head);
      }
      int taken = queue.take(posted, 8);
      for (int i = 0; i < taken; i++) {
        if (posted.reason[i] != 0 || posted.length[i] < 76) {
          queue.giveBack(posted.head[i]);
          continue;
        }
        lent++;
        AddressSpace.fill(posted.address[i], posted.length[i], (byte) 7);
        queue.completeFrame(posted.head[i], posted.address[i] + 12, 64);
      }
      for (int k = 0; queue.outstanding() > 0 || queue.available() > 0; k++) {
        int length = k % 4 == 0 ? 1500 : 64;
        int result = queue.deliver(header, 0, 64, arena.hostArea(), length);
        delivered += result == ReceiveVirtqueue.DELIVERED ? 1 : 0;
      }
      queue.publish();
    }
    stopMutator();
    assertThat(queue.isBroken()).isFalse();
    assertThat(delivered).as("frames copied").isGreaterThan(CHAINS / 20);
    assertThat(lent).as("buffers lent").isGreaterThan(CHAINS / 100);
    assertThat(mutations.get()).isPositive();
    assertThat(queue.refused(ChainFault.UNMAPPED)).isPositive();
  }
}
