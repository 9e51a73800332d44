// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * An infinite load for benchmarks, as DPDK's net_null: every posted descriptor completes at once.
 * Without {@code copy} no payload is written; a buffer gets the frame's headers only when its first
 * 16 bytes (addresses, EtherType, IP version) are not already those, which is once per buffer, or
 * each time when whoever had the buffer swaps the addresses. With {@code copy} the whole frame is
 * written each time.
 *
 * <p>Each ring has its own; the flows of a ring take turns.
 */
final class NullSource implements TrafficSource {
  /** Bytes of the headers that are compared, and of those that are written. */
  private static final int COMPARED = 16;

  private static final int HEADERS = 64;

  /** The Ethernet type and the six bytes behind it. */
  private static final int MARK_OFFSET = 12;

  private final FlowSet flows;
  private final int frameLength;
  private final boolean copy;
  private final byte[] frames;
  private final int stride;
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

  /**
   * One flow for this queue. Whether a buffer has its headers is seen from the word with the
   * Ethernet type: a network function that swaps addresses leaves it as it is, and the headers are
   * written once per buffer, not once per frame. Where other queues have other flows, a buffer may
   * come from one of them, and the addresses are looked at too.
   */
  private void fillHeaders(RxRing ring, int flow, int n) {
    DmaWindow window = ring.window();
    int length = frameLength;
    int start = flow * stride;
    long mark = AddressSpace.getArrayLong(frames, start + MARK_OFFSET);
    long addresses = AddressSpace.getArrayLong(frames, start);
    boolean lone = flows.count() == 1;
    ring.completeAll(n, length);
    for (int i = 0; i < n; i++) {
      long target = ring.unfilledAddress(i);
      if (!window.contains(target, length)) {
        ring.fault(i);
      } else if (AddressSpace.getLong(target + MARK_OFFSET) != mark
          || (!lone && AddressSpace.getLong(target) != addresses)) {
        AddressSpace.copyFromArray(frames, start, target, Math.min(HEADERS, length));
      }
    }
  }

  private void fillInTurns(RxRing ring, int[] own, int n) {
    DmaWindow window = ring.window();
    int written = copy ? frameLength : Math.min(HEADERS, frameLength);
    for (int i = 0; i < n; i++) {
      turn = turn + 1 < own.length ? turn + 1 : 0;
      int flow = own[turn];
      long target = ring.unfilledAddress(i);
      if (!window.contains(target, frameLength)) {
        ring.fault(i);
        continue;
      }
      if (copy
          || AddressSpace.getLong(target) != flows.headerWord(flow, 0)
          || AddressSpace.getLong(target + COMPARED - 8) != flows.headerWord(flow, 8)) {
        AddressSpace.copyFromArray(frames, flow * stride, target, written);
      }
      ring.complete(i, frameLength);
    }
  }

  @Override
  public void steer(Steering steering) {
    assignment = FlowAssignment.byTurns(flows, queues, steering);
  }

  @Override
  public String description() {
    return "null, %d-byte frames, %s"
        .formatted(frameLength, copy ? "written each time" : "headers once per buffer");
  }
}
