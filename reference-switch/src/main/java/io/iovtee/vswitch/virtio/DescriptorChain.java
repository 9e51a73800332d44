// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/** Walks a descriptor chain. */
final class DescriptorChain {
  static final int SEGMENTS_MAX = 1024;

  private DescriptorChain() {}
}
