// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** A cable that leads nowhere yet: the link is down. */
final class UnpluggedSink implements FrameSink {
  private final String peer;

  UnpluggedSink(String peer) {
    this.peer = peer;
  }

  @Override
  public boolean accept(
      int txQueue, byte[] head, int headOffset, int headLength, long restAddress, int restLength) {
    return false;
  }

  @Override
  public boolean linkUp() {
    return false;
  }

  @Override
  public String description() {
    return "cable to emulated NIC " + peer + ", not plugged in: there is no such port";
  }
}
