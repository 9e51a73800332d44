// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.AddressSpace;

/** Sent buffers on their way back: entries are the offsets that the Tx ring was given, 8 bytes. */
public final class CompletionRing extends ConsumerRing {
  public static final int ENTRY_LENGTH = 8;

  private final long entries;
  private final int mask;

  /** On a ring that nobody else empties. */
  public CompletionRing(RingMemory memory) {
    super(memory);
    entries = memory.entriesAddress();
    mask = memory.size() - 1;
  }

  public long offset(int index) {
    return AddressSpace.getLong(entries + (long) (index & mask) * ENTRY_LENGTH);
  }
}
