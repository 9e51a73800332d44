// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.XdpAbi;

/**
 * A ring that we fill and the kernel empties: the fill ring and the Tx ring. One thread.
 *
 * <pre>
 *   kernel's consumer        our producer
 *        ▼                        ▼
 *  ──────█████████████████████████────────── entries, index masked by size - 1
 *        waiting for the kernel    free
 * </pre>
 *
 * <p>Memory order: entries are written plainly; {@link #submit} stores the producer with release,
 * which pairs with the kernel's acquire load of it, so the kernel never sees an index before its
 * entry. {@link #reserve} loads the consumer with acquire, which pairs with the kernel's release
 * store, so that an entry is not overwritten before the kernel has read it.
 */
public abstract sealed class ProducerRing permits FillRing, TxRing {
  private final long producerAddress;
  private final long consumerAddress;
  private final long flagsAddress;
  private final int size;

  /** Free-running; the ring's index is this masked. */
  private int cachedProducer;

  /** The kernel's consumer as last loaded; it may have moved on since. */
  private int cachedConsumer;

  ProducerRing(RingMemory memory) {
    producerAddress = memory.producerAddress();
    consumerAddress = memory.consumerAddress();
    flagsAddress = memory.flagsAddress();
    size = memory.size();
    cachedProducer = AddressSpace.getIntAcquire(producerAddress);
    cachedConsumer = AddressSpace.getIntAcquire(consumerAddress);
  }

  /**
   * How many entries may be written now, at most {@code wanted}. The shared consumer is loaded only
   * when the cached one says that there are fewer.
   */
  public final int reserve(int wanted) {
    int free = size - (cachedProducer - cachedConsumer);
    if (free < wanted) {
      cachedConsumer = AddressSpace.getIntAcquire(consumerAddress);
      free = size - (cachedProducer - cachedConsumer);
    }
    return Math.min(free, wanted);
  }

  /** Index of the {@code i}th reserved entry. */
  public final int index(int i) {
    return cachedProducer + i;
  }

  /** Hands the first {@code count} reserved entries to the kernel. */
  public final void submit(int count) {
    cachedProducer += count;
    AddressSpace.putIntRelease(producerAddress, cachedProducer);
  }

  /** Entries that the kernel has not taken yet. */
  final int waiting() {
    cachedConsumer = AddressSpace.getIntAcquire(consumerAddress);
    return cachedProducer - cachedConsumer;
  }

  /** Whether the kernel must be told that there are entries. */
  final boolean needsWakeup() {
    return (AddressSpace.getInt(flagsAddress) & XdpAbi.Xdp.XDP_RING_NEED_WAKEUP) != 0;
  }
}
