// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.api.Arrival.Entry;
import io.iovtee.flow.Action;
import io.iovtee.flow.FlowRule;
import io.iovtee.flow.Match;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.flow.text.FlowRuleFormatter;
import io.iovtee.vswitch.datapath.NicRxQueue.Admission;
import java.util.ArrayList;
import java.util.List;

/**
 * The flows that this switch has steered into queues of a NIC, so that a trace can tell where a
 * frame of them comes in. What RSS does with others only the NIC knows, but for queues that are
 * steered: they get nothing else. Thread-safe.
 */
final class SteeredFlowsControl {
  private final List<Steered> flows = new ArrayList<>();

  private record Steered(Match match, int queue) {}

  synchronized void add(Match match, int queue) {
    Steered flow = new Steered(match, queue);
    if (!flows.contains(flow)) {
      flows.add(flow);
    }
  }

  synchronized void remove(Match match, int queue) {
    flows.remove(new Steered(match, queue));
  }

  /** Whether the NIC puts a frame into a queue. */
  synchronized Admission admission(byte[] frame, int queue) {
    for (Steered flow : flows) {
      if (holds(flow.match(), frame)) {
        return flow.queue() == queue
            ? new Admission(Entry.ENTERS, "")
            : new Admission(
                Entry.ELSEWHERE,
                "a flow rule of the NIC sends it to queue %d: %s"
                    .formatted(flow.queue(), FlowRuleFormatter.format(flow.match())));
      }
    }
    boolean alone = flows.stream().anyMatch(flow -> flow.queue() == queue);
    return alone
        ? new Admission(Entry.ELSEWHERE, "the NIC puts nothing but steered flows into this queue")
        : new Admission(Entry.MAY_ENTER, "");
  }

  private static boolean holds(Match match, byte[] frame) {
    List<Action> any = List.of(Action.DROP);
    List<FlowRule> one = List.of(new FlowRule(FlowRule.PRIORITY_DEFAULT, 0, match, any));
    long[] key = new long[FlowKey.WORDS];
    HeaderParser.parse(frame, 0, frame.length, frame.length, 1, 0, key, 0);
    return Classifier.compile(one, port -> 0).lookup(key, 0) != Classifier.MISS;
  }
}
