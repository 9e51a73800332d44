// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.datapath.FrameRing;

/** Puts frames of any thread, one at a time, on a wire to the NIC: for tests. */
final class InjectionProxy {
  private final FrameRing wire;

  InjectionProxy(FrameRing wire) {
    this.wire = wire;
  }

  /** False when the wire is full. */
  synchronized boolean inject(byte[] frame) {
    return wire.offer(frame, 0, frame.length, 0, 0);
  }

  synchronized int pending() {
    return wire.size();
  }
}
