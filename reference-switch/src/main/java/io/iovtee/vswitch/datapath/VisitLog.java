// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a frame went behind the first lookup: rules found in tables, buckets of groups, verdicts of
 * meters. Its length bounds how long one frame can hold the loop. One loop owns it.
 */
final class VisitLog {
  /** OVS allows 4096 lookups, but does them once for many frames. */
  static final int LENGTH_MAX = 256;

  /** In place of a rule's index: the meter let the frame pass, or did not. */
  static final int PASSED = 1;

  static final int STOPPED = 0;

  private final VisitKind[] kinds = new VisitKind[LENGTH_MAX];
  private final int[] places = new int[LENGTH_MAX];
  private final int[] results = new int[LENGTH_MAX];
  private int length;

  /** Another frame. */
  void clear() {
    length = 0;
  }

  /**
   * Notes a step.
   *
   * @param place table, or number of the group or meter
   * @param result rule, bucket, or whether the meter let it pass
   * @return false if the frame has gone as many steps as it may
   */
  boolean note(VisitKind kind, int place, int result) {
    if (length == LENGTH_MAX) {
      return false;
    }
    kinds[length] = kind;
    places[length] = place;
    results[length++] = result;
    return true;
  }

  /** All steps; for a trace. */
  List<FrameTrace.Visit> visits() {
    List<FrameTrace.Visit> visits = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      visits.add(new FrameTrace.Visit(kinds[i], places[i], results[i]));
    }
    return visits;
  }
}
