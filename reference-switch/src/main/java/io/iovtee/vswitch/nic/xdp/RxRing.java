// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.XdpAbi.Xdp;
import io.iovtee.vswitch.linux.XdpAbi.XdpDesc;

/** Received frames: entries are {@code xdp_desc}. */
public final class RxRing extends ConsumerRing {
  private final long entries;
  private final int mask;

  /** On a ring that nobody else empties. */
  public RxRing(RingMemory memory) {
    super(memory);
    entries = memory.entriesAddress();
    mask = memory.size() - 1;
  }

  /**
   * UMEM offset of the frame's first byte. With unaligned chunks the upper 16 bits say how far into
   * its chunk it lies; with aligned ones they are zero.
   */
  public long frameOffset(int index) {
    long address = AddressSpace.getLong(entry(index) + XdpDesc.ADDR);
    return (address & Xdp.XSK_UNALIGNED_BUF_ADDR_MASK)
        + (address >>> Xdp.XSK_UNALIGNED_BUF_OFFSET_SHIFT);
  }

  /** Frame length in bytes. */
  public int length(int index) {
    return AddressSpace.getInt(entry(index) + XdpDesc.LEN);
  }

  private long entry(int index) {
    return entries + (long) (index & mask) * XdpDesc.SIZEOF;
  }
}
