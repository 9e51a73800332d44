// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.verticles.stats.StatsReport;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the switch classified on one NIC queue since the last reading: the event that tells which
 * guest a queue's frames are for.
 *
 * @param frames all frames that the queue received
 * @param byGuest those that a rule sent to a guest, by the guest's port
 */
public record MatchedFlows(QueueId queue, long frames, Map<String, Long> byGuest) {

  /** The difference between a reading and the one before, for each NIC queue that is in both. */
  static List<MatchedFlows> between(StatsReport report) {
    Map<QueueId, InputStats> before = new HashMap<>();
    for (InputStats input : report.before().map(SwitchStats::inputs).orElse(List.of())) {
      if (!input.guest()) {
        before.put(new QueueId(input.port(), input.queue()), input);
      }
    }
    List<MatchedFlows> flows = new ArrayList<>();
    for (InputStats now : report.stats().inputs()) {
      if (now.guest()) {
        continue;
      }
      QueueId queue = new QueueId(now.port(), now.queue());
      InputStats old = before.get(queue);
      // A queue whose counters went back was made anew: the next reading says more.
      if (old != null && now.frames() >= old.frames()) {
        flows.add(new MatchedFlows(queue, now.frames() - old.frames(), matched(old, now)));
      }
    }
    return flows;
  }

  private static Map<String, Long> matched(InputStats old, InputStats now) {
    Map<String, Long> difference = new HashMap<>();
    for (Map.Entry<String, Long> guest : now.matchedTo().entrySet()) {
      long more = guest.getValue() - old.matchedTo().getOrDefault(guest.getKey(), 0L);
      if (more > 0) {
        difference.put(guest.getKey(), more);
      }
    }
    return difference;
  }
}
