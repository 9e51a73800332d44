// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.AddressSpace;

/** Buffers on their way to the kernel: entries are UMEM offsets of 8 bytes. */
public final class FillRing extends ProducerRing {
  public static final int ENTRY_LENGTH = 8;

  private final long entries;
  private final int mask;

  /** On a ring that nobody else fills. */
  public FillRing(RingMemory memory) {
    super(memory);
    entries = memory.entriesAddress();
    mask = memory.size() - 1;
  }

  /** Writes an entry; nothing checks it behind this point. */
  public void write(int index, long chunkOffset) {
    AddressSpace.putLong(entries + (long) (index & mask) * ENTRY_LENGTH, chunkOffset);
  }
}
