// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.FlowTable.ExpiryReason;
import io.iovtee.vswitch.datapath.FlowProgram;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The rules that have timeouts, by the second in which each could be over first. A rule that has
 * decided frames meanwhile is put off when its second comes, so nothing is done per frame, and
 * rules without timeouts are never looked at.
 *
 * <p>Control thread.
 */
final class RuleTimeouts {
  /** The second of a row that does not wait. */
  static final long NEVER = Long.MIN_VALUE;

  private static final long NS_PER_S = 1_000_000_000;

  /** By second of {@link System#nanoTime}. */
  private final TreeMap<Long, Set<TableRow>> bySecond = new TreeMap<>();

  /** The row's rule is new or changed. */
  void watch(TableRow row, List<FlowProgram> programs) {
    if (!row.hasTimeouts()) {
      forget(row);
      return;
    }
    long dueS = secondAfter(row.dueNs(programs));
    // One that waits for an earlier second is looked at then, and put off.
    if (row.dueS == NEVER || row.dueS > dueS) {
      forget(row);
      add(row, dueS);
    }
  }

  /** The row's rule is gone. */
  void forget(TableRow row) {
    Set<TableRow> rows = bySecond.get(row.dueS);
    if (rows != null) {
      rows.remove(row);
      if (rows.isEmpty()) {
        bySecond.remove(row.dueS);
      }
    }
    row.dueS = NEVER;
  }

  private void add(TableRow row, long dueS) {
    row.dueS = dueS;
    bySecond.computeIfAbsent(dueS, _ -> new LinkedHashSet<>()).add(row);
  }

  /** So that the look comes when the time is over, not a moment before. */
  private static long secondAfter(long ns) {
    return Math.floorDiv(ns, NS_PER_S) + 1;
  }

  /**
   * Takes out rules whose time is over.
   *
   * @param most rules to look at in this call
   */
  Map<TableRow, ExpiryReason> takeOver(long nowNs, int most, List<FlowProgram> programs) {
    Map<TableRow, ExpiryReason> over = new LinkedHashMap<>();
    for (int looked = 0; looked < most && isAnyDue(nowNs); looked++) {
      TableRow row = bySecond.firstEntry().getValue().iterator().next();
      forget(row);
      ExpiryReason reason = row.expiry(nowNs, programs);
      if (reason != null) {
        over.put(row, reason);
      } else {
        // Later than now, whatever the clocks of loops say: or this would never end.
        add(row, Math.max(secondAfter(row.dueNs(programs)), secondAfter(nowNs)));
      }
    }
    return over;
  }

  /** Whether {@link #takeOver} has something to look at. */
  boolean isAnyDue(long nowNs) {
    return !bySecond.isEmpty() && bySecond.firstKey() <= Math.floorDiv(nowNs, NS_PER_S);
  }

  int size() {
    return bySecond.values().stream().mapToInt(Set::size).sum();
  }
}
