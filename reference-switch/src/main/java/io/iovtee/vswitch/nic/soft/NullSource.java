// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * An infinite load for benchmarks, as DPDK's net_null: every posted descriptor completes at once.
 * Without {@code copy} no payload is written, and headers only where the buffer does not have them:
 * that is seen from the addresses, which a network function may have swapped, and from the word
 * with EtherType, IPv4 length and identification, which is the flow's number. What it changes
 * elsewhere in the buffer stays changed. With {@code copy} the whole frame is written each time.
 *
 * <p>Each ring has its own; the flows of a ring take turns.
 */
final class NullSource implements TrafficSource {
  /** Bytes of the headers that are written. */
  private static final int HEADERS = 64;

  /** From the mark to the payload: EtherType 2 bytes, IPv4 20, UDP 8. */
  private static final int MARK_TO_PAYLOAD = 30;

  private final FlowSet flows;
  private final int frameLength;
  private final boolean copy;
  private final byte[] frames;
  private final int stride;
  private final int markOffset;
  private final int queues;
  private volatile FlowAssignment assignment;
  private int turn;

  /**
   * @param queues queues of the port; flow {@code f} goes to queue {@code f % queues} unless a
   *     steering entry says otherwise
   */
  NullSource(FlowSet flows, int frameLength, boolean copy, int queues) {
    this.flows = flows;
    this.frameLength = frameLength;
    this.copy = copy;
    this.queues = queues;
    markOffset = flows.headerLength() - MARK_TO_PAYLOAD;
    stride = copy ? (frameLength + 7) & ~7 : HEADERS;
    frames = new byte[flows.count() * stride];
    byte[] frame = new byte[frameLength];
    for (int flow = 0; flow < flows.count(); flow++) {
      flows.write(flow, frame, frameLength);
      FramePattern.fill(frame, FlowSet.HEADER_LENGTH_MAX, frameLength);
      System.arraycopy(frame, 0, frames, flow * stride, Math.min(frameLength, stride));
    }
    assignment = FlowAssignment.byTurns(flows, queues, Steering.rss(queues));
  }

  @Override
  public int run(RxRing[] rings, int demand, long nowNs) {
    int done = 0;
    for (RxRing ring : rings) {
      int[] own = assignment.flowsOf(ring.queue);
      int n = Math.min(ring.unfilled(), DmaEngine.BURST);
      if (own.length == 0 || n == 0) {
        continue;
      }
      if (own.length == 1 && !copy) {
        fillHeaders(ring, own[0], n);
      } else {
        fillInTurns(ring, own, n);
      }
      ring.commit(n);
      done += n;
    }
    return done;
  }

  private long mark(int flow) {
    return AddressSpace.getArrayLong(frames, flow * stride + markOffset);
  }

  /** One flow, headers only. */
  private void fillHeaders(RxRing ring, int flow, int n) {
    DmaWindow window = ring.window();
    int length = frameLength;
    ring.completeAll(n, length);
    for (int i = 0; i < n; i++) {
      long target = ring.unfilledAddress(i);
      if (window.contains(target, length)) {
        writeHeaders(flow, target);
      } else {
        ring.fault(i);
      }
    }
  }

  /** Writes what the buffer does not have: headers and payload's begin, or only the addresses. */
  private void writeHeaders(int flow, long target) {
    int start = flow * stride;
    long first = AddressSpace.getArrayLong(frames, start);
    long second = AddressSpace.getArrayLong(frames, start + 8);
    if (AddressSpace.getLong(target + markOffset) != mark(flow)) {
      AddressSpace.copyFromArray(frames, start, target, Math.min(HEADERS, frameLength));
    } else if (AddressSpace.getLong(target) != first
        || AddressSpace.getLong(target + 8) != second) {
      AddressSpace.putLong(target, first);
      AddressSpace.putLong(target + 8, second);
    }
  }

  private void fillInTurns(RxRing ring, int[] own, int n) {
    DmaWindow window = ring.window();
    for (int i = 0; i < n; i++) {
      turn = turn + 1 < own.length ? turn + 1 : 0;
      int flow = own[turn];
      long target = ring.unfilledAddress(i);
      if (!window.contains(target, frameLength)) {
        ring.fault(i);
        continue;
      }
      if (copy) {
        AddressSpace.copyFromArray(frames, flow * stride, target, frameLength);
      } else {
        writeHeaders(flow, target);
      }
      ring.complete(i, frameLength);
    }
  }

  @Override
  public boolean isPaced() {
    return false;
  }

  @Override
  public void steer(Steering steering) {
    assignment = FlowAssignment.byTurns(flows, queues, steering);
  }

  @Override
  public String description() {
    return "null, %d-byte frames, %s"
        .formatted(frameLength, copy ? "written each time" : "headers where they are not");
  }
}
