// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Remembers for each flow which numbers were sent and which came back. Numbers of a flow are sent
 * in rising order from 0 on. One thread.
 */
public final class DeliveryLog {
  private final List<Flow> flows = new ArrayList<>();
  private long sent;
  private long received;
  private long arrived;
  private long duplicated;
  private long reordered;
  private long corrupted;
  private long foreign;

  private static final class Flow {
    final BitSet arrived = new BitSet();
    int sent;
    int highest = -1;
  }

  /** For flows {@code 0} to {@code flowCount - 1}. */
  public DeliveryLog(int flowCount) {
    for (int i = 0; i < flowCount; i++) {
      flows.add(new Flow());
    }
  }

  /** Number of the flow's next frame. */
  public int nextNumber(int flow) {
    return flows.get(flow).sent;
  }

  /** The wire took the flow's next frame. */
  public void sent(int flow) {
    flows.get(flow).sent++;
    sent++;
  }

  /** A frame came back whose checksum or length is wrong. */
  public void receivedCorrupted() {
    received++;
    corrupted++;
  }

  /** An intact frame came back. */
  public void received(int flowIndex, long number) {
    received++;
    if (flowIndex < 0 || flowIndex >= flows.size()) {
      foreign++;
      return;
    }
    Flow flow = flows.get(flowIndex);
    if (number < 0 || number >= flow.sent) {
      foreign++;
      return;
    }
    int index = (int) number;
    if (flow.arrived.get(index)) {
      duplicated++;
      return;
    }
    flow.arrived.set(index);
    arrived++;
    if (index < flow.highest) {
      reordered++;
    } else {
      flow.highest = index;
    }
  }

  /** Frames sent so far. */
  public long sentCount() {
    return sent;
  }

  /** Frames that are on their way or lost. */
  public long missing() {
    return sent - arrived;
  }

  /** The sums. */
  public TrafficResult result() {
    return new TrafficResult(sent, received, missing(), duplicated, reordered, corrupted, foreign);
  }
}
