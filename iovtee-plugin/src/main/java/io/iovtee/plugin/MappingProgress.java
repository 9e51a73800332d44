// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.verticles.iovtee.MappingReason;
import io.iovtee.verticles.iovtee.MappingState;
import io.iovtee.verticles.iovtee.MappingStatus.Transition;
import java.util.ArrayDeque;
import java.util.List;

/** Where a mapping stands and how it came there. Mapping thread only. */
final class MappingProgress {
  /** Transitions kept for people: several reconnects' worth, and never more memory than that. */
  static final int HISTORY_MAX = 32;

  private final ArrayDeque<Transition> history = new ArrayDeque<>();
  private MappingState state = MappingState.REQUESTED;
  private MappingReason reason = MappingReason.REQUESTED;
  private String detail = "";
  private long sinceMs;

  MappingProgress(long nowMs) {
    sinceMs = nowMs;
  }

  void move(MappingState to, MappingReason why, String text, long nowMs) {
    if (history.size() == HISTORY_MAX) {
      history.removeFirst();
    }
    history.addLast(new Transition(state, to, why, text, nowMs));
    state = to;
    reason = why;
    detail = text;
    sinceMs = nowMs;
  }

  MappingState state() {
    return state;
  }

  MappingReason reason() {
    return reason;
  }

  String detail() {
    return detail;
  }

  long sinceMs() {
    return sinceMs;
  }

  List<Transition> history() {
    return List.copyOf(history);
  }

  boolean is(MappingState one) {
    return state == one;
  }

  /** Being removed, or gone. */
  boolean isEnding() {
    return state == MappingState.DRAINING || state == MappingState.REMOVED;
  }
}
