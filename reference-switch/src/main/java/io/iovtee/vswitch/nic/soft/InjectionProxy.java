// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.datapath.FrameRing;

/** Puts frames of any thread, one at a time, on a wire to the NIC: for tests. */
final class InjectionProxy {
  private final FrameRing wire;
  private final Runnable announce;
  private boolean closed;

  /**
   * @param announce run after each frame, to wake whoever takes frames from the wire
   */
  InjectionProxy(FrameRing wire, Runnable announce) {
    this.wire = wire;
    this.announce = announce;
  }

  /** False when the wire is full, or the NIC closed. */
  synchronized boolean inject(byte[] frame) {
    if (closed || !wire.offer(frame, 0, frame.length, 0, 0)) {
      return false;
    }
    announce.run();
    return true;
  }

  /** The NIC is gone: nothing is taken any more. */
  synchronized void close() {
    closed = true;
  }

  synchronized int pending() {
    return wire.size();
  }
}
