// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** Which flow of a generator goes to which queue. Immutable; made anew when steering changes. */
final class FlowAssignment {
  private final int[] queueOfFlow;
  private final int[][] flowsOfQueue;
  private final int[] filteredOfQueue;

  private FlowAssignment(int[] queueOfFlow, int queues) {
    this.queueOfFlow = queueOfFlow;
    int[] count = new int[queues];
    filteredOfQueue = new int[queues];
    for (int queue : queueOfFlow) {
      if (queue >= 0) {
        count[queue]++;
      } else {
        filteredOfQueue[~queue]++;
      }
    }
    flowsOfQueue = new int[queues][];
    for (int queue = 0; queue < queues; queue++) {
      flowsOfQueue[queue] = new int[count[queue]];
    }
    for (int flow = queueOfFlow.length - 1; flow >= 0; flow--) {
      int queue = queueOfFlow[flow];
      if (queue >= 0) {
        flowsOfQueue[queue][--count[queue]] = flow;
      }
    }
  }

  /** Steering entries, then RSS. */
  static FlowAssignment of(FlowSet flows, int queues, Steering steering) {
    FrameKey key = new FrameKey();
    byte[] frame = new byte[FlowSet.FRAME_LENGTH_MIN];
    int[] queueOfFlow = new int[flows.count()];
    for (int flow = 0; flow < queueOfFlow.length; flow++) {
      flows.write(flow, frame, frame.length);
      key.parse(frame, 0, frame.length);
      queueOfFlow[flow] = steering.queueOf(key, frame);
    }
    return new FlowAssignment(queueOfFlow, queues);
  }

  /** Steering entries, then the flows to the other queues in turn. */
  static FlowAssignment byTurns(FlowSet flows, int queues, Steering steering) {
    FrameKey key = new FrameKey();
    byte[] frame = new byte[FlowSet.FRAME_LENGTH_MIN];
    int[] shared = steering.sharedQueues();
    int[] queueOfFlow = new int[flows.count()];
    for (int flow = 0; flow < queueOfFlow.length; flow++) {
      flows.write(flow, frame, frame.length);
      key.parse(frame, 0, frame.length);
      int steered = steering.steeredQueueOf(key);
      int queue = steered >= 0 ? steered : shared[flow % shared.length];
      queueOfFlow[flow] = steering.admit(queue, key);
    }
    return new FlowAssignment(queueOfFlow, queues);
  }

  /** A flow's queue, or {@code ~queue} when that queue's filters drop the flow. */
  int queueOf(int flow) {
    return queueOfFlow[flow];
  }

  /** How many flows the queue's filters drop. */
  int filteredOf(int queue) {
    return filteredOfQueue[queue];
  }

  /** Flows that the queue receives, in rising order. */
  int[] flowsOf(int queue) {
    return flowsOfQueue[queue];
  }
}
