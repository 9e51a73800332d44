// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** The payload of generated frames: each byte tells its own offset in the frame. */
final class FramePattern {
  private FramePattern() {}

  static void fill(byte[] frame, int from, int to) {
    for (int i = from; i < to; i++) {
      frame[i] = (byte) i;
    }
  }
}
