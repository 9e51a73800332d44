// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.parts;

import io.iovtee.api.BufferList;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicRxQueue.Recovered;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Chunks of the host pool on their way through a receive queue, in order: a poll thread posts them
 * empty, one other thread (or the same) fills them, the poll thread takes them as frames. Bounded;
 * nobody waits for the other.
 *
 * <p>Three free-running counts cut it up: {@code taken} ≤ {@code filled} ≤ {@code posted} ≤ {@code
 * taken + size}. A count is published with release order behind the slots that it covers, so a slot
 * belongs to one thread at a time.
 */
public final class BufferRing {
  private static final VarHandle COUNT =
      MethodHandles.arrayElementVarHandle(long[].class).withInvokeExactBehavior();

  /** Places of the published counts: a cache line and its prefetched neighbour for each. */
  private static final int POSTED = 16;

  private static final int FILLED = 32;

  private final int size;
  private final int mask;
  private final long[] addresses;
  private final int[] tokens;
  private final int[] lengths;
  private final long[] counts = new long[48];

  // The poll thread's.
  private long posted;
  private long taken;

  // The filling thread's.
  private long filled;
  private long knownPosted;

  /**
   * An empty ring.
   *
   * @param size buffers, a power of two
   */
  public BufferRing(int size) {
    if (Integer.bitCount(size) != 1) {
      throw new IllegalArgumentException("ring size must be a power of two: size=" + size);
    }
    this.size = size;
    mask = size - 1;
    addresses = new long[size];
    tokens = new int[size];
    lengths = new int[size];
  }

  /** Buffers that can be posted now. Poll thread. */
  public int freeSlots() {
    return size - outstanding();
  }

  /** Buffers that are in the ring, filled or not. Poll thread. */
  public int outstanding() {
    return (int) (posted - taken);
  }

  /** Whether a buffer waits to be filled, as far as is known. Poll thread. */
  public boolean isAnyEmpty() {
    return (long) COUNT.getAcquire(counts, FILLED) != posted;
  }

  /** Whether {@link #take} has something. Poll thread. */
  public boolean isAnyFilled() {
    return (long) COUNT.getAcquire(counts, FILLED) != taken;
  }

  /**
   * Posts buffers from the list's front, as many as there is room for; the others stay in it.
   *
   * @return how many
   */
  public int post(BufferList list) {
    int n = Math.min(list.count, freeSlots());
    for (int i = 0; i < n; i++) {
      int slot = (int) (posted + i) & mask;
      addresses[slot] = list.address[i];
      tokens[slot] = list.token[i];
    }
    int kept = list.count - n;
    System.arraycopy(list.address, n, list.address, 0, kept);
    System.arraycopy(list.token, n, list.token, 0, kept);
    list.count = kept;
    posted += n;
    COUNT.setRelease(counts, POSTED, posted);
    return n;
  }

  /** Moves filled buffers to the batch, as frames, until it is full. Poll thread. */
  public int take(FrameBatch batch) {
    long ready = (long) COUNT.getAcquire(counts, FILLED) - taken;
    int n = (int) Math.min(ready, FrameBatch.CAPACITY - batch.count);
    for (int i = 0; i < n; i++) {
      int slot = (int) (taken + i) & mask;
      batch.add(addresses[slot], lengths[slot], tokens[slot], FrameBatch.HOST_POOL, (byte) 0);
    }
    taken += n;
    return n;
  }

  /** Address of the buffer that is to be filled next; 0 if none is posted. Filling thread. */
  public long next() {
    if (filled == knownPosted) {
      knownPosted = (long) COUNT.getAcquire(counts, POSTED);
    }
    return filled == knownPosted ? 0 : addresses[(int) filled & mask];
  }

  /** A frame of so many bytes lies in the buffer that {@link #next} named. Filling thread. */
  public void fill(int bytes) {
    lengths[(int) filled & mask] = bytes;
    filled++;
    COUNT.setRelease(counts, FILLED, filled);
  }

  /** Tells of every buffer in the ring and forgets it. Nobody else uses the ring any more. */
  public void giveUp(Recovered recovered) {
    for (; taken < posted; taken++) {
      recovered.buffer(FrameBatch.HOST_POOL, tokens[(int) taken & mask]);
    }
    filled = posted;
    knownPosted = posted;
    COUNT.setRelease(counts, FILLED, filled);
  }
}
