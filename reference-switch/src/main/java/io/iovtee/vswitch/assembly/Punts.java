// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.PuntCounters;
import io.iovtee.api.PuntedFrame;
import io.iovtee.api.SwitchListener;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.store.RuleDelta;
import io.iovtee.vswitch.datapath.PollLoop;
import io.iovtee.vswitch.datapath.PuntQueue;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes frames that rules hand over from the loops to the listeners. Costs nothing before the first
 * rule that does so; from then on the loops' queues are looked at a hundred times a second. Control
 * thread, but for the counters.
 */
final class Punts implements SwitchListener {
  /** What a frame waits at most, about: short enough to answer an ARP request by hand. */
  private static final long DRAIN_MS = 10;

  private int framesPerSecond;
  private final List<PollLoop> loops;
  private final PortNumbers numbers;
  private final ControlThread control;
  private final Listeners listeners;
  private volatile List<PuntQueue> queues = List.of();

  /**
   * Prepares; nothing is allocated yet.
   *
   * @param framesPerSecond the limit of each loop
   */
  Punts(
      int framesPerSecond,
      List<PollLoop> loops,
      PortNumbers numbers,
      ControlThread control,
      Listeners listeners) {
    this.framesPerSecond = framesPerSecond;
    this.loops = loops;
    this.numbers = numbers;
    this.control = control;
    this.listeners = listeners;
  }

  /** Begins if one of the rules hands frames over. */
  void startFor(List<FlowRule> rules) {
    if (queues.isEmpty() && rules.stream().anyMatch(Punts::punts)) {
      start();
    }
  }

  /**
   * Changes the limit of each loop; what a loop has saved of the old one it keeps, 256 frames at
   * most.
   */
  void setRate(int perSecond) {
    framesPerSecond = perSecond;
    for (int i = 0; i < queues.size(); i++) {
      PuntQueue queue = queues.get(i);
      loops.get(i).execute(() -> queue.setRate(perSecond)).join();
    }
  }

  @Override
  public void flowsChanging(List<RuleDelta> changes) {
    for (int i = 0; i < changes.size() && queues.isEmpty(); i++) {
      FlowRule after = changes.get(i).after();
      if (after != null && punts(after)) {
        start();
      }
    }
  }

  private static boolean punts(FlowRule rule) {
    for (Action action : rule.actions()) {
      if (action instanceof Action.Punt) {
        return true;
      }
    }
    return false;
  }

  private void start() {
    List<PuntQueue> made = new ArrayList<>();
    for (PollLoop loop : loops) {
      PuntQueue queue = new PuntQueue(framesPerSecond);
      made.add(queue);
      loop.execute(() -> loop.setPunts(queue)).join();
    }
    queues = List.copyOf(made);
    control.every(DRAIN_MS, this::drain);
  }

  private void drain() {
    List<PuntedFrame> frames = new ArrayList<>();
    for (PuntQueue queue : queues) {
      queue.drain((port, rule, length, bytes) ->
          frames.add(
              new PuntedFrame(
                  System.currentTimeMillis(), numbers.name(port), rule, length, bytes)));
    }
    if (!frames.isEmpty()) {
      listeners.tell(listener -> listener.framesPunted(List.copyOf(frames)));
    }
  }

  /** All in all. Any thread. */
  PuntCounters counters() {
    long punted = 0;
    long limited = 0;
    for (PuntQueue queue : queues) {
      punted += queue.punted();
      limited += queue.limited();
    }
    return new PuntCounters(punted, limited);
  }
}
