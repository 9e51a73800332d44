// SPDX-License-Identifier: Apache-2.0
package io.iovtee.stress;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.Xsk;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.MemoryRegion;
import io.iovtee.vswitch.nic.xdp.RingMemory;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Native memory for states: each gets the next slot, zeroed. A slot is used again after {@link
 * #COUNT} others; jcstress has far fewer states alive at once (stride size times count).
 */
final class Slots {
  static final int LENGTH = 1024;
  private static final int COUNT = 1 << 14;
  private static final Mmap POOL = Mmap.anonymous((long) COUNT * LENGTH);
  private static final AtomicInteger NEXT = new AtomicInteger();

  /** All slots, a guest's whole memory; its addresses are those of the process. */
  static final GuestMemory MEMORY =
      GuestMemory.ofMapped(
          List.of(
              new MemoryRegion(
                  POOL.address(), (long) COUNT * LENGTH, POOL.address(), 0, POOL.address())));

  private Slots() {}

  /** Process address of {@link #LENGTH} bytes. */
  static long next() {
    long address = POOL.address() + (long) (NEXT.getAndIncrement() & COUNT - 1) * LENGTH;
    AddressSpace.fill(address, LENGTH, (byte) 0);
    return address;
  }

  /** An AF_XDP ring in a slot, its words on lines of their own, as the kernel has them. */
  static RingMemory xdpRing(int size) {
    long at = next() - POOL.address();
    return new RingMemory(POOL, new Xsk.RingOffsets(at, at + 64, at + 192, at + 128), size);
  }
}
