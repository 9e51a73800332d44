// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.Outcome;
import io.iovtee.api.SwitchStats;
import io.iovtee.verticles.iovtee.QueueId;

/**
 * Notices that frames for others come in on a mapped queue: RSS spreads them there, or a steering
 * entry of somebody else does. Only beginnings and ends are news, not each frame. Mapping thread.
 */
final class SpillWatch {
  /** Readings without such a frame after which it is over: a thin flow must not flap. */
  static final int QUIET_READINGS = 10;

  private long before;
  private int quiet;
  private boolean spilling;

  /** What a reading changes. */
  enum News {
    NONE,
    BEGAN,
    ENDED
  }

  /**
   * Starts anew.
   *
   * @param misdirected the queue's count of such frames
   */
  void start(long misdirected) {
    before = misdirected;
    quiet = 0;
    spilling = false;
  }

  /** Takes the next reading. */
  News look(long misdirected) {
    boolean came = misdirected > before;
    before = misdirected;
    quiet = came ? 0 : quiet + 1;
    if (came && !spilling) {
      spilling = true;
      return News.BEGAN;
    }
    if (spilling && quiet >= QUIET_READINGS) {
      spilling = false;
      return News.ENDED;
    }
    return News.NONE;
  }

  /** How many frames for others came in on a NIC queue that lends, by the switch's own count. */
  static long misdirected(SwitchStats stats, QueueId queue) {
    for (SwitchStats.InputStats input : stats.inputs()) {
      if (!input.guest() && input.queue() == queue.queue() && input.port().equals(queue.port())) {
        return input.outcomes().getOrDefault(Outcome.COPIED_MISDIRECTED.label(), 0L);
      }
    }
    return 0;
  }
}
