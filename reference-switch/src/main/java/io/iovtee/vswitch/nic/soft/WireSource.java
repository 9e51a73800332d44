// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Frames that arrive over emulated wires (cables from other NICs, injected ones), and behind them
 * what another source makes. A frame without a descriptor is missed, or with backpressure holds its
 * wire until there is one.
 */
final class WireSource implements TrafficSource {
  private final TrafficSource behind;
  private final boolean backpressure;
  private final FrameKey key = new FrameKey();
  private final CopyOnWriteArrayList<FrameRing> wires = new CopyOnWriteArrayList<>();
  private volatile Steering steering;
  private volatile boolean paused;

  WireSource(TrafficSource behind, boolean backpressure, Steering steering) {
    this.behind = behind;
    this.backpressure = backpressure;
    this.steering = steering;
  }

  /** Plugs another wire in. Any thread. */
  void plug(FrameRing wire) {
    wires.add(wire);
  }

  /** Stops or resumes the source behind; wires go on. */
  void pause(boolean pause) {
    paused = pause;
  }

  @Override
  public int run(RxRing[] rings, int demand, long nowNs) {
    int work = 0;
    for (int i = 0; i < wires.size(); i++) {
      work += receive(rings, wires.get(i));
    }
    return paused ? work : work + behind.run(rings, demand, nowNs);
  }

  private int receive(RxRing[] rings, FrameRing wire) {
    Steering now = steering;
    int done = 0;
    while (done < DmaEngine.BURST) {
      int length = wire.peek();
      if (length < 0) {
        return done;
      }
      key.parse(wire.bytes(), wire.offset(), length);
      RxRing ring = rings[now.queueOf(key, wire.bytes())];
      if (!ring.receive(wire.bytes(), wire.offset(), length)) {
        if (backpressure) {
          return done;
        }
        ring.missed(1);
      }
      wire.remove();
      done++;
    }
    return done;
  }

  @Override
  public void steer(Steering changed) {
    steering = changed;
    behind.steer(changed);
  }

  @Override
  public String description() {
    return behind.description();
  }
}
