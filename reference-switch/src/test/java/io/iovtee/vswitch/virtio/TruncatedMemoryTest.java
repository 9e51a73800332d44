// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.MemoryRegion;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A guest truncates the file behind its memory (check R24): every access raises InternalError, in
 * the interpreter and in compiled code; nothing loops, and the virtqueue can be stopped or dropped.
 */
final class TruncatedMemoryTest {
  private static final int SIZE = 16;
  private static final int BYTES = 1 << 18;
  private static final long BUFFERS = 0x1_0000;

  private final Fd file = Memfd.create("truncated-test", BYTES);
  private final Mmap mapping = Mmap.shared(file, 0, BYTES, true);
  private final GuestMemory memory =
      GuestMemory.ofMapped(List.of(new MemoryRegion(0, BYTES, 0, 0, mapping.address())));

  private final MethodHandle run = runHandle();

  private static MethodHandle runHandle() {
    try {
      return MethodHandles.lookup()
          .findVirtual(Runnable.class, "run", MethodType.methodType(void.class));
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void release() {
    mapping.close();
    file.close();
  }

  private DriverVirtqueue driver() {
    Memfd.truncate(file, 0);
    Memfd.truncate(file, BYTES);
    return new DriverVirtqueue(mapping.address(), 0, SIZE, FakeDriver.FEATURES);
  }

  private VirtqueueSetup setup(DriverVirtqueue driver) {
    return VirtqueueSetup.of(
        "truncated",
        memory,
        driver.descAddress(),
        driver.availAddress(),
        driver.usedAddress(),
        SIZE,
        0,
        0,
        FakeDriver.FEATURES);
  }

  /**
   * One poll of one port. The work is called through a handle that is no constant, so that it is
   * never inlined here: a late fault surfaces where a compiled method returns, and that must lie
   * inside of the try (the switch uses a compiler directive for the same end).
   */
  private boolean faults(Runnable work) {
    try {
      run.invokeExact(work);
      return false;
    } catch (InternalError e) {
      return true;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private ReceiveVirtqueue filled(DriverVirtqueue driver) {
    for (int i = 0; i < SIZE; i++) {
      driver.add(BUFFERS + i * 4096L, 2048, true, i);
    }
    driver.publish();
    return new ReceiveVirtqueue(setup(driver));
  }

  private void receiveFaults(Consumer<ReceiveVirtqueue> work) {
    for (int round = 0; round < 300; round++) {
      ReceiveVirtqueue queue = filled(driver());
      assertThat(faults(() -> work.accept(queue))).as("before").isFalse();
      Memfd.truncate(file, 0);
      assertThat(faults(() -> work.accept(queue))).as("round %d", round).isTrue();
      assertThat(queue.outstanding()).isBetween(0, SIZE);
      Memfd.truncate(file, BYTES);
      // The rings read as zeros now: whatever is done, it ends.
      queue.take(new PostedBuffers(), 64);
      queue.deliver(new byte[60], 0, 60, 0, 60);
      queue.baseForStop();
      assertThat(queue.outstanding()).isZero();
      assertThat(queue.available()).isZero();
    }
  }

  @Test
  void r24_available() {
    receiveFaults(queue -> queue.available());
  }

  @Test
  void r24_take() {
    receiveFaults(queue -> queue.take(new PostedBuffers(), 4));
  }

  @Test
  void r24_deliver() {
    receiveFaults(queue -> queue.deliver(new byte[60], 0, 60, 0, 60));
  }

  @Test
  void r24_publishInPlace() {
    receiveFaults(queue -> {
      queue.take(new PostedBuffers(), 1);
      queue.completeFrame(0, mapping.address() + BUFFERS + 12, 60);
      queue.complete(0, 72);
      queue.publish();
    });
  }

  @Test
  void r24_notifications() {
    receiveFaults(queue -> queue.armKicks());
    receiveFaults(queue -> queue.suppressKicks(true));
  }

  @Test
  void r24_stop() {
    for (int round = 0; round < 300; round++) {
      ReceiveVirtqueue queue = filled(driver());
      queue.take(new PostedBuffers(), 3);
      queue.complete(0, 72);
      Memfd.truncate(file, 0);
      assertThat(faults(queue::baseForStop)).isTrue();
      assertThat(queue.available()).as("stopped all the same").isZero();
      assertThat(queue.take(new PostedBuffers(), 8)).isZero();
      assertThat(queue.deliver(new byte[60], 0, 60, 0, 60)).isEqualTo(ReceiveVirtqueue.BROKEN);
    }
  }

  @Test
  void r24_transmit() {
    long target = mapping.address();
    for (int round = 0; round < 300; round++) {
      DriverVirtqueue driver = driver();
      for (int i = 0; i < SIZE; i++) {
        driver.add(BUFFERS + i * 4096L, 72, false, i);
      }
      driver.publish();
      TransmitVirtqueue queue = new TransmitVirtqueue(setup(driver));
      var frames = new TransmitFrames();
      assertThat(queue.takeTransmit(frames, 3)).isEqualTo(3);
      Memfd.truncate(file, 0);
      assertThat(faults(() -> queue.takeTransmit(frames, 3))).as("round %d", round).isTrue();
      assertThat(faults(() -> frames.gather(0, target, 2048))).isTrue();
      Memfd.truncate(file, BYTES);
      while (queue.takeTransmit(frames, 64) > 0) {
        assertThat(queue.outstanding()).isLessThanOrEqualTo(SIZE);
      }
      queue.baseForStop();
      assertThat(queue.outstanding()).isZero();
    }
    AddressSpace.putByte(target, (byte) 1);
  }
}
