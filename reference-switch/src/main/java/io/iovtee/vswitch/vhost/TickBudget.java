// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import java.util.concurrent.TimeUnit;

/** So many units of work per tick, so that a flood costs a bounded share of a processor. */
final class TickBudget {
  private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(VhostUserLimits.TICK_MS);

  private final int perTick;
  private long tickStartNs;
  private int used;

  TickBudget(int perTick, long nowNs) {
    this.perTick = perTick;
    this.tickStartNs = nowNs;
  }

  /** Takes one unit; false when this tick has none left. */
  boolean take(long nowNs) {
    if (nowNs - tickStartNs >= TICK_NS) {
      tickStartNs = nowNs;
      used = 0;
    }
    if (used >= perTick) {
      return false;
    }
    used++;
    return true;
  }

  /** Uses up the tick: something failed that will not be better at once. */
  void exhaust(long nowNs) {
    tickStartNs = nowNs;
    used = perTick;
  }

  /** Nanoseconds until there is a unit to take; 0 when there is one now. */
  long waitNs(long nowNs) {
    return used < perTick ? 0 : Math.max(0, TICK_NS - (nowNs - tickStartNs));
  }
}
