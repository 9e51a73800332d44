// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.XdpAbi.XdpDesc;
import io.iovtee.vswitch.nic.xdp.FillRing;
import io.iovtee.vswitch.nic.xdp.RingMemory;
import io.iovtee.vswitch.nic.xdp.TxRing;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** AF_XDP rings that we fill and the kernel empties. */
public final class XdpProducer {
  private static final int LENGTH = 77;

  private XdpProducer() {}

  /** Two frames with one index: r1 frames there, r2 of those, the ones with their descriptors. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "the index was not there yet")
  @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "index and descriptors")
  @State
  public static class Publication {
    private final RingMemory memory = Slots.xdpRing(2);
    private final TxRing ring = new TxRing(memory);

    @Actor
    public void theSwitch() {
      int room = ring.reserve(2);
      for (int i = 0; i < room; i++) {
        ring.write(ring.index(i), i + 1, LENGTH);
      }
      ring.submit(room);
    }

    @Actor
    public void kernel(II_Result r) {
      r.r1 = AddressSpace.getIntAcquire(memory.producerAddress());
      for (int i = 0; i < r.r1; i++) {
        long entry = memory.entriesAddress() + (long) i * XdpDesc.SIZEOF;
        boolean whole =
            AddressSpace.getLong(entry + XdpDesc.ADDR) == i + 1
                && AddressSpace.getInt(entry + XdpDesc.LEN) == LENGTH;
        r.r2 += whole ? 1 : 0;
      }
    }
  }

  /**
   * The ring is full, and we use an entry again as soon as the kernel has taken it: what the kernel
   * reads is what was there before. r1: what the kernel read, r2: entries that we found free.
   */
  @JCStressTest
  @Outcome(id = "10, [01]", expect = ACCEPTABLE, desc = "read before it was taken")
  @State
  public static class Reuse {
    private final RingMemory memory = Slots.xdpRing(1);
    private final FillRing ring = new FillRing(memory);

    public Reuse() {
      ring.write(ring.index(ring.reserve(1) - 1), 10);
      ring.submit(1);
    }

    @Actor
    public void kernel(II_Result r) {
      r.r1 = (int) AddressSpace.getLong(memory.entriesAddress());
      AddressSpace.putIntRelease(memory.consumerAddress(), 1);
    }

    @Actor
    public void theSwitch(II_Result r) {
      int room = ring.reserve(1);
      if (room == 1) {
        ring.write(ring.index(0), 99);
        ring.submit(1);
      }
      r.r2 = room;
    }
  }
}
