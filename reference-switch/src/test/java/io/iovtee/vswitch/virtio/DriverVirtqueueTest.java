// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.iovtee.vswitch.linux.AddressSpace;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The driver side by itself, and against the device side. */
final class DriverVirtqueueTest {
  private static final int SIZE = 8;
  private static final long FEATURES = FakeDriver.FEATURES | VirtioFeature.MRG_RXBUF.mask();
  private static final long EVENTS = FEATURES | VirtioFeature.EVENT_IDX.mask();
  private static final long BUFFER = FakeDriver.BUFFERS;
  private static final long TABLE = FakeDriver.BUFFERS + 0x1_0000;

  private final GuestArena arena = new GuestArena();
  private final int[] tokens = new int[64];
  private final int[] lengths = new int[64];

  @AfterEach
  void release() {
    arena.close();
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
        driver.size(),
        0,
        0,
        features);
  }

  @Test
  void layoutIsAlignedAndFits() {
    for (int size = 1; size <= VirtqueueSetup.SIZE_MAX; size *= 2) {
      assertThat(DriverVirtqueue.bytes(size) % 128).isZero();
    }
    DriverVirtqueue driver = driver(FEATURES);
    assertThat(driver.descAddress()).isEqualTo(GuestArena.LOW);
    assertThat(driver.availAddress()).isEqualTo(GuestArena.LOW + 128);
    assertThat(driver.usedAddress()).isEqualTo(GuestArena.LOW + 256);
    assertThat(DriverVirtqueue.bytes(SIZE)).isEqualTo(384);
    assertThatExceptionOfType(VirtqueueException.class)
        .isThrownBy(() -> new DriverVirtqueue(arena.host(GuestArena.LOW) + 64, 0, SIZE, 0))
        .withMessageContaining("multiple of 128");
    assertThatExceptionOfType(VirtqueueException.class)
        .isThrownBy(() -> new DriverVirtqueue(arena.host(GuestArena.LOW), 0, 12, 0))
        .withMessageContaining("size=12");
  }

  @Test
  void framesReachTheDeviceAndBuffersComeBack() {
    DriverVirtqueue driver = driver(FEATURES);
    TransmitVirtqueue device = new TransmitVirtqueue(setup(driver, FEATURES));
    var frames = new TransmitFrames();
    for (int round = 0; round < 10_000; round++) {
      for (int i = 0; i < 5; i++) {
        assertThat(driver.add(BUFFER + i * 2048L, 72 + i, false, 1000 * round + i)).isTrue();
      }
      assertThat(device.available()).as("not visible yet").isZero();
      assertThat(driver.publish()).isEqualTo(5);
      assertThat(driver.freeDescriptors()).isEqualTo(SIZE - 5);
      assertThat(device.takeTransmit(frames, 64)).isEqualTo(5);
      for (int i = 0; i < 5; i++) {
        assertThat(frames.length[i]).isEqualTo(60 + i);
        device.complete(frames.head[i], 0);
      }
      assertThat(driver.reap(tokens, lengths, 64)).isZero();
      device.publish();
      assertThat(driver.reap(tokens, lengths, 3)).isEqualTo(3);
      assertThat(tokens[2]).isEqualTo(1000 * round + 2);
      assertThat(driver.reap(tokens, lengths, 64)).isEqualTo(2);
      assertThat(tokens[1]).isEqualTo(1000 * round + 4);
      assertThat(driver.outstanding()).isZero();
    }
  }

  @Test
  void fullRingRefusesMore() {
    DriverVirtqueue driver = driver(FEATURES);
    for (int i = 0; i < SIZE; i++) {
      assertThat(driver.add(BUFFER, 100, true, i)).isTrue();
    }
    assertThat(driver.add(BUFFER, 100, true, 99)).isFalse();
    long[] addresses = {BUFFER, BUFFER};
    assertThat(driver.addChain(addresses, new int[] {1, 1}, 0, 2, true, 99)).isFalse();
    assertThat(driver.addIndirect(0, 0, addresses, new int[] {1, 1}, 0, 2, true, 9)).isFalse();
    assertThat(driver.publish()).isEqualTo(SIZE);
  }

  @Test
  void chainsAndIndirectTables() {
    DriverVirtqueue driver = driver(FEATURES);
    TransmitVirtqueue device = new TransmitVirtqueue(setup(driver, FEATURES));
    var frames = new TransmitFrames();
    long[] addresses = {BUFFER, BUFFER + 512, BUFFER + 1024};
    int[] pieces = {12, 100, 200};
    for (int round = 0; round < 1000; round++) {
      assertThat(driver.addChain(addresses, pieces, 0, 3, false, 1)).isTrue();
      assertThat(driver.addIndirect(arena.host(TABLE), TABLE, addresses, pieces, 0, 3, false, 2))
          .isTrue();
      assertThat(driver.addChain(addresses, pieces, 0, 2, false, 3)).isTrue();
      assertThat(driver.freeDescriptors()).isEqualTo(SIZE - 6);
      driver.publish();
      assertThat(device.takeTransmit(frames, 8)).isEqualTo(3);
      assertThat(frames.length).startsWith(300, 300, 100);
      for (int i = 0; i < 3; i++) {
        device.complete(frames.head[i], 0);
      }
      device.publish();
      assertThat(driver.reap(tokens, lengths, 8)).isEqualTo(3);
      assertThat(tokens).startsWith(1, 2, 3);
      assertThat(driver.freeDescriptors()).isEqualTo(SIZE);
    }
  }

  @Test
  void indirectNeedsTheFeature() {
    DriverVirtqueue driver = driver(VirtioFeature.VERSION_1.mask());
    assertThatExceptionOfType(VirtqueueException.class)
        .isThrownBy(
            () -> driver.addIndirect(0, 0, new long[] {BUFFER}, new int[] {72}, 0, 1, false, 0))
        .withMessageContaining("negotiated=false");
  }

  @Test
  void deviceThatUsesWhatItDoesNotHaveIsNoticed() {
    DriverVirtqueue driver = driver(FEATURES);
    driver.add(BUFFER, 100, true, 0);
    driver.publish();
    long used = arena.host(driver.usedAddress());
    AddressSpace.putShort(used + 2, (short) 2);
    assertThatIllegalStateException()
        .isThrownBy(() -> driver.reap(tokens, lengths, 8))
        .withMessageContaining("outstanding=1");
    AddressSpace.putShort(used + 2, (short) 1);
    for (int id : new int[] {1, SIZE, -1, Integer.MIN_VALUE}) {
      AddressSpace.putInt(used + 4, id);
      assertThatIllegalStateException()
          .isThrownBy(() -> driver.reap(tokens, lengths, 8))
          .withMessageContaining("id=" + id);
    }
  }

  @Test
  void kicksAndCallsByFlag() {
    DriverVirtqueue driver = driver(FEATURES);
    ReceiveVirtqueue device = new ReceiveVirtqueue(setup(driver, FEATURES));
    driver.add(BUFFER, 2048, true, 0);
    driver.publish();
    assertThat(driver.needsKick()).isTrue();
    assertThat(driver.needsKick()).as("nothing new").isFalse();
    device.suppressKicks(true);
    driver.add(BUFFER, 2048, true, 1);
    driver.publish();
    assertThat(driver.needsKick()).isFalse();
    driver.suppressCalls(true);
    device.deliver(new byte[60], 0, 60, 0, 60);
    device.publish();
    assertThat(device.needsCall()).isFalse();
    assertThat(driver.armCalls()).as("one is there").isTrue();
    device.deliver(new byte[60], 0, 60, 0, 60);
    device.publish();
    assertThat(device.needsCall()).isTrue();
  }

  @Test
  void kicksAndCallsByEventIndex() {
    DriverVirtqueue driver = driver(EVENTS);
    ReceiveVirtqueue device = new ReceiveVirtqueue(setup(driver, EVENTS));
    driver.suppressCalls(true);
    for (int i = 0; i < 200_000; i++) {
      boolean sleepy = i % 3 == 0;
      if (sleepy) {
        assertThat(device.armKicks()).isFalse();
      } else {
        device.suppressKicks(true);
      }
      driver.add(BUFFER, 2048, true, i);
      driver.publish();
      assertThat(driver.needsKick()).as("entry %d", i).isEqualTo(sleepy);
      boolean waiting = i % 5 == 0;
      if (waiting) {
        assertThat(driver.armCalls()).isFalse();
      } else {
        driver.suppressCalls(true);
      }
      device.deliver(new byte[60], 0, 60, 0, 60);
      device.publish();
      assertThat(device.needsCall()).as("entry %d", i).isEqualTo(waiting);
      assertThat(driver.reap(tokens, lengths, 8)).isEqualTo(1);
      assertThat(lengths[0]).isEqualTo(72);
    }
  }

  @Test
  void receiverPutsMergedFramesTogether() {
    DriverVirtqueue driver = driver(FEATURES);
    ReceiveVirtqueue device = new ReceiveVirtqueue(setup(driver, FEATURES));
    var receiver = new DriverReceiver(driver, arena.host(BUFFER), BUFFER, 256);
    var frames = new ReceivedFrames();
    for (int i = 0; i < SIZE; i++) {
      assertThat(receiver.post(i)).isTrue();
    }
    driver.publish();
    byte[] frame = new byte[600];
    for (int i = 0; i < frame.length; i++) {
      frame[i] = (byte) i;
    }
    for (int round = 0; round < 5000; round++) {
      device.deliver(frame, 0, 60, 0, 60);
      device.deliver(frame, 0, 600, 0, 600);
      device.publish();
      assertThat(receiver.poll(frames, 64)).isEqualTo(2);
      assertThat(frames.length).startsWith(60, 600);
      assertThat(frames.buffers).startsWith(1, 3);
      byte[] got = new byte[600];
      int at = 0;
      for (int k = 0; k < 3; k++) {
        int entry = frames.first[1] + k;
        int skip = k == 0 ? 12 : 0;
        int bytes = frames.written[entry] - skip;
        long address = receiver.hostAddress(frames.buffer[entry]) + skip;
        AddressSpace.copyToArray(address, got, at, bytes);
        at += bytes;
      }
      assertThat(got).isEqualTo(frame);
      for (int k = 0; k < frames.bufferCount; k++) {
        receiver.post(frames.buffer[k]);
      }
      driver.publish();
    }
    assertThat(receiver.emptyBuffers()).isZero();
  }

  @Test
  void receiverPostsEmptyBuffersAgain() {
    DriverVirtqueue driver = driver(FEATURES);
    ReceiveVirtqueue device = new ReceiveVirtqueue(setup(driver, FEATURES));
    var receiver = new DriverReceiver(driver, arena.host(BUFFER), BUFFER, 256);
    var frames = new ReceivedFrames();
    receiver.post(0);
    receiver.post(1);
    driver.publish();
    var posted = new io.iovtee.api.PostedBuffers();
    device.take(posted, 1);
    device.complete(posted.head[0], 0);
    device.deliver(new byte[60], 0, 60, 0, 60);
    device.publish();
    assertThat(receiver.poll(frames, 64)).isEqualTo(1);
    assertThat(frames.buffer[0]).isEqualTo(1);
    assertThat(receiver.emptyBuffers()).isEqualTo(1);
    assertThat(driver.publish()).as("posted again").isEqualTo(1);
  }
}
