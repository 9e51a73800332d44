// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.XdpAbi.XdpDesc;

/** Frames to be sent: entries are {@code xdp_desc}. */
public final class TxRing extends ProducerRing {
  private final long entries;
  private final int mask;

  /** On a ring that nobody else fills. */
  public TxRing(RingMemory memory) {
    super(memory);
    entries = memory.entriesAddress();
    mask = memory.size() - 1;
  }

  /** Writes an entry: where the frame starts in the UMEM, and its length. */
  public void write(int index, long frameOffset, int length) {
    long entry = entries + (long) (index & mask) * XdpDesc.SIZEOF;
    AddressSpace.putLong(entry + XdpDesc.ADDR, frameOffset);
    AddressSpace.putInt(entry + XdpDesc.LEN, length);
    AddressSpace.putInt(entry + XdpDesc.OPTIONS, 0);
  }
}
