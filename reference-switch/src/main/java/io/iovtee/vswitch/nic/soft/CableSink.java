// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** A cable to another emulated NIC: one {@link FrameRing} per transmit queue. */
final class CableSink implements FrameSink {
  private final String peer;
  private final FrameRing[] wires;
  private volatile boolean peerOpen = true;

  CableSink(String peer, FrameRing[] wires) {
    this.peer = peer;
    this.wires = wires;
  }

  @Override
  public boolean accept(
      int txQueue, byte[] head, int headOffset, int headLength, long restAddress, int restLength) {
    FrameRing wire = wires[txQueue];
    // A frame too long for the cable is lost on it, as on a link with a smaller MTU.
    return headLength + restLength > wire.frameLengthMax()
        || wire.offer(head, headOffset, headLength, restAddress, restLength);
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
    return "cable to emulated NIC " + peer;
  }
}
