// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.iovtee.api.PostedBuffers;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The poll thread's methods allocate nothing once they are compiled. */
final class AllocationTest {
  private static final int SIZE = 256;
  private static final int WARM_UP = 2000;
  private static final int MEASURED = 2000;

  /** Of the measured rounds, how many may hold a piece of the JVM's own doing (compilation). */
  private static final int ROUNDS_OF_GRACE = 3;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final GuestArena arena = new GuestArena();

  @AfterEach
  void release() {
    arena.close();
  }

  /** Runs the work until it is compiled, then asserts that a round of it allocates nothing. */
  private static void assertNoAllocation(Runnable round) {
    for (int i = 0; i < WARM_UP; i++) {
      round.run();
    }
    int allocating = 0;
    long most = 0;
    for (int i = 0; i < MEASURED; i++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      round.run();
      long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
      allocating += bytes == 0 ? 0 : 1;
      most = Math.max(most, bytes);
    }
    assertThat(allocating)
        .as("rounds that allocated, up to %d bytes", most)
        .isLessThanOrEqualTo(ROUNDS_OF_GRACE);
  }

  private DriverVirtqueue driver(long features) {
    return new DriverVirtqueue(arena.host(GuestArena.LOW), GuestArena.LOW, SIZE, features);
  }

  private VirtqueueSetup setup(DriverVirtqueue driver, long features) {
    return VirtqueueSetup.of(
        "test",
        arena.memory(),
        driver.descAddress() + GuestArena.FRONTEND_OFFSET,
        driver.availAddress() + GuestArena.FRONTEND_OFFSET,
        driver.usedAddress() + GuestArena.FRONTEND_OFFSET,
        SIZE,
        0,
        0,
        features);
  }

  private void receive(long extra) {
    long features = FakeDriver.FEATURES | VirtioFeature.MRG_RXBUF.mask() | extra;
    DriverVirtqueue driver = driver(features);
    ReceiveVirtqueue queue = new ReceiveVirtqueue(setup(driver, features));
    var receiver =
        new DriverReceiver(driver, arena.host(FakeDriver.BUFFERS), FakeDriver.BUFFERS, 512);
    for (int i = 0; i < SIZE; i++) {
      receiver.post(i);
    }
    driver.publish();
    var posted = new PostedBuffers();
    var received = new ReceivedFrames();
    byte[] header = new byte[64];
    assertNoAllocation(() -> {
      queue.take(posted, 32);
      for (int i = 0; i < 24; i++) {
        queue.completeFrame(posted.head[i], posted.address[i] + 12, 64);
      }
      for (int i = 24; i < 32; i++) {
        queue.giveBack(posted.head[i]);
      }
      for (int i = 0; i < 16; i++) {
        queue.deliver(header, 0, 64, arena.hostArea(), i == 3 ? 1400 : 64);
      }
      queue.publish();
      queue.needsCall();
      queue.suppressKicks(true);
      queue.armKicks();
      receiver.poll(received, 64);
      for (int i = 0; i < received.bufferCount; i++) {
        receiver.post(received.buffer[i]);
      }
      driver.publish();
      driver.needsKick();
    });
    assertThat(queue.completed()).isGreaterThan(100_000);
    assertThat(queue.isBroken()).isFalse();
  }

  @Test
  void receiveSide() {
    receive(0);
  }

  @Test
  void receiveSideInOrderWithEventIndex() {
    receive(VirtioFeature.IN_ORDER.mask() | VirtioFeature.EVENT_IDX.mask());
  }

  @Test
  void transmitSide() {
    long features = FakeDriver.FEATURES;
    DriverVirtqueue driver = driver(features);
    TransmitVirtqueue queue = new TransmitVirtqueue(setup(driver, features));
    var frames = new TransmitFrames();
    int[] tokens = new int[64];
    int[] lengths = new int[64];
    long[] addresses = {FakeDriver.BUFFERS, FakeDriver.BUFFERS + 512};
    int[] pieces = {40, 100};
    assertNoAllocation(() -> {
      for (int i = 0; i < 30; i++) {
        driver.add(FakeDriver.BUFFERS, 76, false, i);
      }
      driver.addChain(addresses, pieces, 0, 2, false, 30);
      driver.add(0, 76, false, 31);
      driver.publish();
      driver.needsKick();
      int count = queue.takeTransmit(frames, 64);
      for (int i = 0; i < count; i++) {
        frames.gather(i, arena.hostArea(), 2048);
        queue.complete(frames.head[i], 0);
      }
      queue.publish();
      queue.needsCall();
      driver.reap(tokens, lengths, 64);
    });
    assertThat(queue.refused(ChainFault.UNMAPPED)).isGreaterThan(1000);
    assertThat(queue.outstanding()).isZero();
  }
}
