// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * A ring that the kernel fills and we empty: the Rx ring and the completion ring. One thread.
 *
 * <p>Memory order: {@link #peek} loads the producer with acquire, which pairs with the kernel's
 * release store, so that entries (and the frames behind them) are there before their index. {@link
 * #release} stores the consumer with release, which pairs with the kernel's acquire load, so that
 * it does not overwrite an entry that we still read.
 */
public abstract sealed class ConsumerRing permits RxRing, CompletionRing {
  private final long producerAddress;
  private final long consumerAddress;

  /** The kernel's producer as last loaded; it may have moved on since. */
  private int cachedProducer;

  /** Free-running; the ring's index is this masked. */
  private int cachedConsumer;

  ConsumerRing(RingMemory memory) {
    producerAddress = memory.producerAddress();
    consumerAddress = memory.consumerAddress();
    cachedProducer = AddressSpace.getIntAcquire(producerAddress);
    cachedConsumer = AddressSpace.getIntAcquire(consumerAddress);
  }

  /**
   * How many entries can be read now, at most {@code wanted}. The shared producer is loaded only
   * when the cached one says that there is none.
   */
  public final int peek(int wanted) {
    int ready = cachedProducer - cachedConsumer;
    if (ready == 0) {
      cachedProducer = AddressSpace.getIntAcquire(producerAddress);
      ready = cachedProducer - cachedConsumer;
    }
    return Math.min(ready, wanted);
  }

  /** Index of the {@code i}th entry that can be read. */
  public final int index(int i) {
    return cachedConsumer + i;
  }

  /** Gives the first {@code count} entries back to the kernel. */
  public final void release(int count) {
    cachedConsumer += count;
    AddressSpace.putIntRelease(consumerAddress, cachedConsumer);
  }
}
