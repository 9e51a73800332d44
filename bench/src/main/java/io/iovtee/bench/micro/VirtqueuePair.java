// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.MemoryRegion;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import io.iovtee.vswitch.virtio.TransmitVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.List;

/** Both sides of a virtqueue in one process, with a buffer for each of its entries. */
final class VirtqueuePair implements AutoCloseable {
  /** Ring entries, buffers, and what the benchmarks handle in one invocation. */
  static final int SIZE = 1024;

  /** Entries handled in one step, as a poll loop does. */
  static final int BATCH = 64;

  static final int BUFFER_LENGTH = 2048;

  private static final long GUEST_BASE = 0x1000_0000L;
  private static final long FEATURES = VirtioFeature.VERSION_1.mask();

  private final Mmap mapping;
  private final long buffersFrom;
  private final int[] tokens = new int[SIZE];
  private final int[] lengths = new int[SIZE];
  final GuestMemory memory;
  final DriverVirtqueue driver;

  VirtqueuePair() {
    buffersFrom = DriverVirtqueue.bytes(SIZE) + Mmap.PAGE_SIZE & -Mmap.PAGE_SIZE;
    long length = buffersFrom + (long) SIZE * BUFFER_LENGTH;
    mapping = Mmap.anonymous(length);
    memory =
        GuestMemory.ofMapped(
            List.of(new MemoryRegion(GUEST_BASE, length, GUEST_BASE, 0, mapping.address())));
    driver = new DriverVirtqueue(mapping.address(), GUEST_BASE, SIZE, FEATURES);
  }

  ReceiveVirtqueue receiveSide() {
    return new ReceiveVirtqueue(setup());
  }

  TransmitVirtqueue transmitSide() {
    return new TransmitVirtqueue(setup());
  }

  private VirtqueueSetup setup() {
    return VirtqueueSetup.of(
        "micro",
        memory,
        driver.descAddress(),
        driver.availAddress(),
        driver.usedAddress(),
        SIZE,
        0,
        0,
        FEATURES);
  }

  /** What the device calls the buffer. */
  long guestAddress(int buffer) {
    return GUEST_BASE + buffersFrom + (long) buffer * BUFFER_LENGTH;
  }

  /** Makes all buffers that are free available: writable ones, or frames of this length. */
  void post(boolean writable, int length) {
    for (int i = 0; driver.freeDescriptors() > 0; i = i + 1 & SIZE - 1) {
      driver.add(guestAddress(i), length, writable, i);
    }
    driver.publish();
  }

  /**
   * Takes back what the device used and makes it available again, as a network function does.
   *
   * @return how many buffers
   */
  int repost(boolean writable, int length) {
    int count = driver.reap(tokens, lengths, SIZE);
    for (int i = 0; i < count; i++) {
      driver.add(guestAddress(tokens[i]), length, writable, tokens[i]);
    }
    driver.publish();
    return count;
  }

  /** Takes back all that was made available; the device has completed and published it. */
  void reapAll() {
    driver.reap(tokens, lengths, SIZE);
    if (driver.outstanding() != 0) {
      throw new IllegalStateException("the device still has " + driver.outstanding() + " buffers");
    }
  }

  @Override
  public void close() {
    mapping.close();
  }
}
