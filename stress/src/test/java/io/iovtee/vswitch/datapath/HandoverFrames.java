// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.api.DropReason;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Mmap;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** Frames from one poll loop to another, and what became of them on the way back. */
public final class HandoverFrames {
  private static final int LENGTH = 64;

  private HandoverFrames() {}

  /**
   * A ring with what both sides hold. It takes half a megabyte, so states use the same ones again:
   * each is empty then.
   */
  static class Ring {
    /** More than states are alive at once, and no more than fit a JVM with a heap of 256 MB. */
    private static final int COUNT = 384;

    private static final Ring[] POOL = new Ring[COUNT];
    private static final AtomicInteger NEXT = new AtomicInteger();
    private static final Mmap FRAMES = Mmap.anonymous(2 * LENGTH);

    final Handover handover = new Handover(true, () -> {});
    final FrameBatch sent = new FrameBatch();
    final FrameBatch received = new FrameBatch();

    static synchronized Ring next() {
      int i = NEXT.getAndIncrement() % COUNT;
      if (POOL[i] == null) {
        POOL[i] = new Ring();
      }
      POOL[i].empty();
      return POOL[i];
    }

    private void empty() {
      received.clear();
      handover.poll(received);
      handover.release(received);
      handover.flush();
      sent.clear();
      received.clear();
      sent.counters = new InputCounters();
    }

    /** Two frames, of which the second is one byte longer; their bytes are 1 and 2. */
    final void send() {
      for (int i = 0; i < 2; i++) {
        long frame = FRAMES.address() + (long) i * LENGTH;
        AddressSpace.fill(frame, LENGTH, (byte) (i + 1));
        sent.add(frame, LENGTH - 1 + i, i, FrameBatch.HOST_POOL, (byte) 0);
      }
      handover.transmit(sent, new int[] {0, 1}, 2, false);
      handover.flush();
    }

    /** Frames that came as they were sent. */
    final int whole() {
      int whole = 0;
      for (int i = 0; i < received.count; i++) {
        boolean same =
            received.length[i] == LENGTH - 1 + i
                && AddressSpace.getByte(received.address[i]) == i + 1
                && AddressSpace.getByte(received.address[i] + LENGTH - 2) == i + 1;
        whole += same ? 1 : 0;
      }
      return whole;
    }
  }

  /** Two frames at once: none is there, or both are, whole. r1: frames there, r2: whole ones. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not there yet")
  @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "with lengths and bytes")
  @State
  public static class Publication {
    private final Ring ring = Ring.next();

    @Actor
    public void sender() {
      ring.send();
    }

    @Actor
    public void receiver(II_Result r) {
      r.r1 = ring.handover.poll(ring.received);
      r.r2 = ring.whole();
    }
  }

  /**
   * The receiver delivers one frame and drops the other; the sender counts that, or nothing yet.
   * r1: frames that the sender learnt of, r2: a hundred for each counted, ten for each copied, one
   * for each dropped for want of a buffer.
   */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not known yet")
  @Outcome(id = "2, 211", expect = ACCEPTABLE, desc = "both, with what became of them")
  @State
  public static class Confirmation {
    private final Ring ring = Ring.next();

    public Confirmation() {
      ring.send();
    }

    @Actor
    public void receiver() {
      FrameBatch received = ring.received;
      ring.handover.poll(received);
      received.raiseOutcome(0, io.iovtee.api.Outcome.COPIED.ordinal());
      received.dropped(1, DropReason.NO_GUEST_BUFFER.ordinal());
      ring.handover.release(received);
    }

    @Actor
    public void sender(II_Result r) {
      r.r1 = ring.handover.flush();
      InputCounters counters = ring.sent.counters;
      long dropped = counters.dropReasons().getOrDefault(DropReason.NO_GUEST_BUFFER.label(), 0L);
      long copied = counters.outcome(io.iovtee.api.Outcome.COPIED);
      r.r2 = (int) (100 * counters.frames() + 10 * copied + dropped);
    }
  }
}
