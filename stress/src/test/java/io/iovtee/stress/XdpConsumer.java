// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.XdpAbi.XdpDesc;
import io.iovtee.vswitch.nic.xdp.CompletionRing;
import io.iovtee.vswitch.nic.xdp.RingMemory;
import io.iovtee.vswitch.nic.xdp.RxRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** AF_XDP rings that the kernel fills and we empty. */
public final class XdpConsumer {
  private static final int LENGTH = 77;

  private XdpConsumer() {}

  /** Two frames with one index: r1 frames there, r2 of those, the ones with their descriptors. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the index was not there yet")
  @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "index and descriptors")
  @State
  public static class Publication {
    private final RingMemory memory = Slots.xdpRing(2);
    private final RxRing ring = new RxRing(memory);

    @Actor
    public void kernel() {
      for (int i = 0; i < 2; i++) {
        long entry = memory.entriesAddress() + (long) i * XdpDesc.SIZEOF;
        AddressSpace.putLong(entry + XdpDesc.ADDR, i + 1);
        AddressSpace.putInt(entry + XdpDesc.LEN, LENGTH);
      }
      AddressSpace.putIntRelease(memory.producerAddress(), 2);
    }

    @Actor
    public void theSwitch(II_Result r) {
      r.r1 = ring.peek(2);
      for (int i = 0; i < r.r1; i++) {
        int index = ring.index(i);
        r.r2 += ring.frameOffset(index) == i + 1 && ring.length(index) == LENGTH ? 1 : 0;
      }
    }
  }

  /**
   * The ring is full, and the kernel uses an entry again as soon as it is released: what we read is
   * what was there before. r1: what we read, r2: whether the kernel found room.
   */
  @JCStressTest
  @Outcome(id = "10, [01]", expect = ACCEPTABLE, desc = "read before it was released")
  @State
  public static class Release {
    private final RingMemory memory = Slots.xdpRing(1);
    private final CompletionRing ring;

    public Release() {
      AddressSpace.putLong(memory.entriesAddress(), 10);
      AddressSpace.putInt(memory.producerAddress(), 1);
      ring = new CompletionRing(memory);
    }

    @Actor
    public void theSwitch(II_Result r) {
      int ready = ring.peek(1);
      r.r1 = (int) ring.offset(ring.index(0));
      ring.release(ready);
    }

    @Actor
    public void kernel(II_Result r) {
      if (AddressSpace.getIntAcquire(memory.consumerAddress()) == 1) {
        AddressSpace.putLong(memory.entriesAddress(), 99);
        AddressSpace.putIntRelease(memory.producerAddress(), 2);
        r.r2 = 1;
      }
    }
  }
}
