// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/** The device side of a split virtqueue (virtio 1.2, 2.7). */
public final class SplitVirtqueue {
  private SplitVirtqueue() {}
}
