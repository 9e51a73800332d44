// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import org.jspecify.annotations.Nullable;

/** Puts frames of any thread, one at a time, on a wire to the NIC: for tests. */
final class InjectionProxy {
  private final WireSource target;
  private final int wireSize;
  private final int frameLengthMax;
  private @Nullable FrameRing wire;

  InjectionProxy(WireSource target, int wireSize, int frameLengthMax) {
    this.target = target;
    this.wireSize = wireSize;
    this.frameLengthMax = frameLengthMax;
  }

  /** False when the wire is full. */
  synchronized boolean inject(byte[] frame) {
    FrameRing ring = wire;
    if (ring == null) {
      ring = new FrameRing(wireSize, frameLengthMax);
      wire = ring;
      target.plug(ring);
    }
    return ring.offer(frame, 0, frame.length, 0, 0);
  }

  synchronized int pending() {
    return wire == null ? 0 : wire.size();
  }
}
