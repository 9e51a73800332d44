// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/**
 * What a {@link FrameSource} brings, into the first ring. A frame that finds no descriptor is
 * missed, or with backpressure waits on its wire.
 */
final class FedSource implements TrafficSource {
  private final FrameSource wire;
  private final boolean backpressure;

  FedSource(FrameSource wire, boolean backpressure) {
    this.wire = wire;
    this.backpressure = backpressure;
  }

  @Override
  public int run(RxRing[] rings, int demand, long nowNs) {
    RxRing ring = rings[0];
    int waiting = Math.min(wire.waiting(), DmaEngine.BURST);
    int room = ring.unfilled();
    if (room == 0 && !backpressure) {
      ring.missed(waiting);
      wire.remove(waiting);
      return 0;
    }
    int count = Math.min(waiting, room);
    DmaWindow window = ring.window();
    for (int i = 0; i < count; i++) {
      long target = ring.unfilledAddress(i);
      if (window.contains(target, ring.frameLengthMax)) {
        ring.complete(i, wire.write(i, target));
      } else {
        ring.fault(i);
      }
    }
    ring.commit(count);
    wire.remove(count);
    return count;
  }

  @Override
  public boolean isPaced() {
    return false;
  }

  @Override
  public void steer(Steering steering) {}

  @Override
  public String description() {
    return wire.description();
  }
}
