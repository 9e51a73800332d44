// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.load;

import io.iovtee.bench.vswitch.SharedWire;
import io.iovtee.bench.vswitch.WireSender;
import io.iovtee.vswitch.frames.LoadFrame;

/** The generator's side of a wire to the switch's emulated NIC, which makes the frames itself. */
final class LoadWire implements LoadSender {
  private final WireSender wire;

  LoadWire(SharedWire wire) {
    this.wire = new WireSender(wire);
  }

  @Override
  public void prepare(LoadFrame frame) {}

  @Override
  public int room() {
    return Math.min(BURST, wire.room(BURST));
  }

  @Override
  public void send(LoadFrame frame, long sequence, long timeNs) {
    wire.send(sequence, timeNs, frame.length());
  }

  @Override
  public void flush() {
    wire.flush();
  }

  @Override
  public boolean allTaken() {
    return wire.allTaken();
  }
}
