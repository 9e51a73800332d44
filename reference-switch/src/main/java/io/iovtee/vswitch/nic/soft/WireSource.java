// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.datapath.FrameRing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Frames that arrive over emulated wires (cables from other NICs, injected ones), and behind them
 * what another source makes. A frame without a descriptor is missed, or with backpressure holds its
 * wire until there is one.
 */
final class WireSource implements TrafficSource {
  private final boolean backpressure;
  private final FrameKey key = new FrameKey();

  /** Changed by the control thread alone, as a whole. */
  private volatile FrameRing[] wires = new FrameRing[0];

  private volatile TrafficSource behind;

  private volatile Steering steering;
  private volatile boolean paused;

  WireSource(TrafficSource behind, boolean backpressure, Steering steering) {
    this.behind = behind;
    this.backpressure = backpressure;
    this.steering = steering;
  }

  /** Plugs another wire in. Control thread. */
  void plug(FrameRing wire) {
    FrameRing[] more = Arrays.copyOf(wires, wires.length + 1);
    more[more.length - 1] = wire;
    wires = more;
  }

  /** Takes a wire out; frames on it are lost. Control thread. */
  void unplug(FrameRing wire) {
    List<FrameRing> left = new ArrayList<>(Arrays.asList(wires));
    left.remove(wire);
    wires = left.toArray(new FrameRing[0]);
  }

  /** Takes another source instead of the one behind. Control thread. */
  void goOnWith(TrafficSource source) {
    behind = source;
  }

  /** Stops or resumes the source behind; wires go on. */
  void pause(boolean pause) {
    paused = pause;
  }

  @Override
  public int run(RxRing[] rings, int demand, long nowNs) {
    int work = 0;
    for (FrameRing wire : wires) {
      work += receive(rings, wire);
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
      int queue = now.queueOf(key, wire.bytes());
      if (queue < 0) {
        rings[~queue].filtered(1);
      } else if (!rings[queue].receive(wire.bytes(), wire.offset(), length)) {
        if (backpressure) {
          return done;
        }
        rings[queue].missed(1);
      }
      wire.remove();
      done++;
    }
    return done;
  }

  /** A frame that is injected is announced, one on a cable is not. */
  @Override
  public boolean isQuiet() {
    FrameRing[] now = wires;
    return now.length == 1 && now[0].size() == 0 && behind.isQuiet();
  }

  @Override
  public boolean isPaced() {
    return behind.isPaced();
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
