// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.api.BufferList;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.FrameRing;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.nic.parts.BufferRing;
import io.iovtee.vswitch.nic.parts.Doorbell;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** Between a poll loop and the thread of a VXLAN port's socket. */
public final class PostedFrames {
  private static final int LENGTH = 60;

  private PostedFrames() {}

  private static void post(BufferRing ring, long address, int token) {
    BufferList list = new BufferList();
    list.add(address, token);
    ring.post(list);
  }

  /** The socket's thread fills two buffers. r1: frames that came, r2: of those, the whole ones. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "none yet")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "one, with its bytes")
  @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "both, with their bytes")
  @State
  public static class Filled {
    private final long slot = Slots.next();
    private final BufferRing ring = new BufferRing(2);
    private final FrameBatch batch = new FrameBatch();

    public Filled() {
      post(ring, slot, 0);
      post(ring, slot + LENGTH, 1);
    }

    @Actor
    public void socket() {
      for (int i = 0; i < 2; i++) {
        AddressSpace.fill(ring.next(), LENGTH - i, (byte) (i + 1));
        ring.fill(LENGTH - i);
      }
    }

    @Actor
    public void loop(II_Result r) {
      r.r1 = ring.take(batch);
      for (int i = 0; i < r.r1; i++) {
        boolean whole = batch.length[i] == LENGTH - i;
        for (int at = 0; at < LENGTH - i; at++) {
          whole &= AddressSpace.getByte(batch.address[i] + at) == i + 1;
        }
        r.r2 += whole ? 1 : 0;
      }
    }
  }

  /** A slot is used again. r1: what the socket's thread finds in it, r2: what came before. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "not posted yet")
  @Outcome(id = "7, 1", expect = ACCEPTABLE, desc = "the second buffer")
  @State
  public static class UsedAgain {
    private final BufferRing ring = new BufferRing(1);
    private final FrameBatch batch = new FrameBatch();

    public UsedAgain() {
      post(ring, 5, 0);
      ring.next();
      ring.fill(LENGTH);
    }

    @Actor
    public void loop(II_Result r) {
      r.r2 = ring.take(batch);
      post(ring, 7, 1);
    }

    @Actor
    public void socket(II_Result r) {
      r.r1 = (int) ring.next();
    }
  }

  /**
   * A loop has a frame for a thread that was told before and is about to look. r1: the loop tells
   * again, r2: frames that the thread sees. Neither would be a frame that lies there.
   */
  @JCStressTest
  @Outcome(id = "true, 0", expect = ACCEPTABLE, desc = "told again")
  @Outcome(id = "true, 1", expect = ACCEPTABLE, desc = "seen, and told for nothing")
  @Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "seen by the look that was to come")
  @State
  public static class DoorbellNotLost {
    private final FrameRing ring = new FrameRing(2, LENGTH);
    private final Doorbell bell = new Doorbell();

    public DoorbellNotLost() {
      bell.ring();
    }

    @Actor
    public void loop(ZI_Result r) {
      ring.offer(new byte[LENGTH], 0, LENGTH, 0, 0);
      r.r1 = bell.ring();
    }

    @Actor
    public void socket(ZI_Result r) {
      bell.answer();
      r.r2 = ring.peek() == LENGTH ? 1 : 0;
    }
  }
}
