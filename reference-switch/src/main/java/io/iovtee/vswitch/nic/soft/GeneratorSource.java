// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.linux.AddressSpace;
import org.jspecify.annotations.Nullable;

/**
 * Makes frames of several flows. Without a rate it fills every descriptor that it finds, the flows
 * of a queue taking turns: an infinite load, nothing is ever missed. With a rate it is a sender on
 * the wire that knows nothing of descriptors: frame {@code i} belongs to flow {@code i % flows} and
 * is due at {@code i / rate} seconds after the first descriptor was posted; one that finds no
 * descriptor is missed, or with backpressure holds all frames behind it.
 *
 * <p>In both modes a flow's frames carry consecutive sequence numbers, so what each queue receives
 * depends only on the configuration and steering, not on which thread emulates the hardware.
 */
final class GeneratorSource implements TrafficSource {
  /** Flows looked at per step once some have sent all they should. */
  private static final int FINISHED_FLOWS_MAX = 256;

  /** Frames looked at per step, missed and filtered ones included: bounds the step. */
  private static final int TURNS_MAX = 1 << 17;

  private final FlowSet flows;
  private final FrameSizes sizes;
  private final @Nullable TestFrames testFrames;
  private final long count;
  private final boolean backpressure;
  private final @Nullable Pacer pacer;
  private final byte[] frame;
  private final long[] sent;
  private final int[] turn;
  private volatile FlowAssignment assignment;
  private long next;
  private int nextFlow;

  /**
   * @param testFrames writes the frames of flow {@code f}, or null for headers and a fixed pattern
   * @param count frames in all, over all flows in turn; 0 = endless
   * @param ratePps frames per second; 0 = as fast as descriptors come
   */
  GeneratorSource(
      FlowSet flows,
      FrameSizes sizes,
      @Nullable TestFrames testFrames,
      long count,
      long ratePps,
      boolean backpressure,
      int queues) {
    this.flows = flows;
    this.sizes = sizes;
    this.testFrames = testFrames;
    this.count = count == 0 ? Long.MAX_VALUE : count;
    this.backpressure = backpressure;
    pacer = ratePps == 0 ? null : new Pacer(ratePps);
    frame = new byte[sizes.max()];
    FramePattern.fill(frame, 0, frame.length);
    sent = new long[flows.count()];
    turn = new int[queues];
    assignment = FlowAssignment.of(flows, queues, Steering.rss(queues));
  }

  @Override
  public int run(RxRing[] rings, int demand, long nowNs) {
    if (pacer != null) {
      return send(pacer, rings, nowNs);
    }
    if (demand >= 0) {
      return fill(rings[demand]);
    }
    int done = 0;
    for (RxRing ring : rings) {
      done += fill(ring);
    }
    return done;
  }

  private int fill(RxRing ring) {
    int[] own = assignment.flowsOf(ring.queue);
    int room = Math.min(ring.unfilled(), DmaEngine.BURST);
    int at = turn[ring.queue];
    int done = 0;
    int finished = 0;
    int finishedMax = Math.min(own.length, FINISHED_FLOWS_MAX);
    while (done < room && finished < finishedMax) {
      at = at < own.length ? at : 0;
      int flow = own[at++];
      if (sent[flow] < share(flow)) {
        write(ring, done++, flow, sent[flow]++);
        finished = 0;
      } else {
        finished++;
      }
    }
    turn[ring.queue] = at;
    ring.commit(done);
    return done;
  }

  /** Frames that a flow sends in all. */
  private long share(int flow) {
    return count == Long.MAX_VALUE
        ? count
        : count / sent.length + (flow < count % sent.length ? 1 : 0);
  }

  private int send(Pacer clock, RxRing[] rings, long nowNs) {
    if (!clock.started()) {
      if (!anyLinked(rings)) {
        return 0;
      }
      clock.start(nowNs);
    }
    long due = Math.min(clock.due(nowNs), count);
    FlowAssignment now = assignment;
    if (!backpressure) {
      skip(rings, now, due);
    }
    int done = 0;
    int doneMax = DmaEngine.BURST * rings.length;
    for (int turns = 0; turns < TURNS_MAX && next < due && done < doneMax; turns++) {
      int queue = now.queueOf(nextFlow);
      if (queue < 0) {
        rings[~queue].filtered(1);
      } else if (rings[queue].unfilled() != 0) {
        write(rings[queue], 0, nextFlow, sent[nextFlow]);
        rings[queue].commit(1);
        done++;
      } else if (backpressure) {
        return done;
      } else {
        rings[queue].missed(1);
      }
      sent[nextFlow]++;
      next++;
      nextFlow = nextFlow + 1 < sent.length ? nextFlow + 1 : 0;
    }
    return done;
  }

  private static boolean anyLinked(RxRing[] rings) {
    boolean linked = false;
    for (RxRing ring : rings) {
      linked |= ring.unfilled() > 0 || ring.linkedOnce();
    }
    return linked;
  }

  /**
   * After a long pause of whoever emulates the hardware more frames are due than all rings can
   * take: those in front were missed. Whole rounds of all flows are skipped by arithmetic.
   */
  private void skip(RxRing[] rings, FlowAssignment now, long due) {
    long room = 0;
    for (RxRing ring : rings) {
      room += ring.size();
    }
    long rounds = (due - next - room) / sent.length;
    if (rounds <= 0) {
      return;
    }
    for (RxRing ring : rings) {
      ring.missed(rounds * now.flowsOf(ring.queue).length);
      ring.filtered(rounds * now.filteredOf(ring.queue));
    }
    for (int flow = 0; flow < sent.length; flow++) {
      sent[flow] += rounds;
    }
    next += rounds * sent.length;
  }

  private void write(RxRing ring, int ahead, int flow, long sequence) {
    int length = sizes.of(flow, sequence);
    long target = ring.unfilledAddress(ahead);
    if (!ring.window().contains(target, length)) {
      ring.fault(ahead);
      return;
    }
    if (testFrames == null) {
      flows.write(flow, frame, length);
    } else {
      testFrames.write(frame, length, flow, sequence);
    }
    AddressSpace.copyFromArray(frame, 0, target, length);
    ring.complete(ahead, length);
  }

  @Override
  public boolean isPaced() {
    return pacer != null;
  }

  @Override
  public void steer(Steering steering) {
    assignment = FlowAssignment.of(flows, turn.length, steering);
  }

  @Override
  public String description() {
    return "generator, %d flows, frames of %s bytes, %s"
        .formatted(
            sent.length, sizes, pacer == null ? "as fast as descriptors come" : pacer.toString());
  }
}
