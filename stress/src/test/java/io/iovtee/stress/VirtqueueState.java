// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtqueueSetup;

/** A virtqueue of two entries with the memory of both sides, in one slot. */
final class VirtqueueState {
  static final int SIZE = 2;
  static final int BUFFER_LENGTH = 128;
  static final long EVENT_IDX = VirtioFeature.EVENT_IDX.mask();

  private static final int BUFFERS_FROM = 512;

  private final long slot = Slots.next();
  private final long features;
  final DriverVirtqueue driver;

  /**
   * A new one, nothing in it.
   *
   * @param moreFeatures beside VERSION_1
   */
  VirtqueueState(long moreFeatures) {
    features = VirtioFeature.VERSION_1.mask() | moreFeatures;
    driver = new DriverVirtqueue(slot, slot, SIZE, features);
  }

  VirtqueueSetup setup() {
    return VirtqueueSetup.of(
        "stress",
        Slots.MEMORY,
        driver.descAddress(),
        driver.availAddress(),
        driver.usedAddress(),
        SIZE,
        0,
        0,
        features);
  }

  /** Address of a buffer, for both sides. */
  long buffer(int i) {
    return slot + BUFFERS_FROM + (long) i * BUFFER_LENGTH;
  }

  /** Makes a buffer available without publishing it. */
  void add(int i, boolean writable) {
    driver.add(buffer(i), BUFFER_LENGTH, writable, i);
  }
}
