// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.datapath.FrameRing;

/** A cable to another emulated NIC: one {@link FrameRing} per transmit queue. */
final class CableSink implements FrameSink {
  private final String peer;
  private final FrameRing[] wires;
  private final WireSource target;
  private volatile boolean peerOpen = true;

  CableSink(String peer, FrameRing[] wires, WireSource target) {
    this.peer = peer;
    this.wires = wires;
    this.target = target;
    for (FrameRing wire : wires) {
      target.plug(wire);
    }
  }

  @Override
  public boolean accept(
      int txQueue, byte[] head, int headOffset, int headLength, long restAddress, int restLength) {
    return wires[txQueue].offer(head, headOffset, headLength, restAddress, restLength);
  }

  void peerClosed() {
    peerOpen = false;
  }

  @Override
  public boolean linkUp() {
    return peerOpen;
  }

  @Override
  public String description() {
    return "cable to emulated NIC " + peer + (peerOpen ? "" : ", which was closed");
  }

  @Override
  public void close() {
    for (FrameRing wire : wires) {
      target.unplug(wire);
    }
  }
}
