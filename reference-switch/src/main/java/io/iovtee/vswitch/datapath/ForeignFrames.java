// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;

/**
 * Frames that lie in one guest's memory and go to another's: fetched into memory of our own first.
 * A fault while they are fetched is the lender's, one behind it the receiver's. In one step with
 * both memories nobody could say whose it was: a guest can truncate its file and have it whole
 * again before anyone looks, and so could have ended the session of another. One loop owns it.
 */
final class ForeignFrames {
  /** Frames at a time: as many as stay in the core's nearest caches until they are delivered. */
  static final int SLOTS = 32;

  /** Held so that the slots live as long as this. */
  private final MemorySegment memory =
      Arena.ofAuto().allocate((long) SLOTS * HostPool.CHUNK_SIZE, HostPool.CHUNK_SIZE);

  private final long slots = memory.address();
  private final long[] address = new long[FrameBatch.CAPACITY];
  private final IntConsumer memoryFault;

  /**
   * Made once per loop.
   *
   * @param memoryFault told the port number of a lender whose memory fails
   */
  ForeignFrames(IntConsumer memoryFault) {
    this.memoryFault = memoryFault;
  }

  /** Where the fetched frames lie whole, by index in their batch, until others are fetched. */
  long[] address() {
    return address;
  }

  /**
   * Fetches frames {@code index[from..to)} of one lender, at most {@link #SLOTS}. Of a lender whose
   * memory fails all that are left count as dropped.
   *
   * @return end of those that are here
   */
  int fetch(FrameBatch batch, int[] index, int from, int to) {
    int end = Math.min(to, from + SLOTS);
    for (int k = from; k < end; k++) {
      int i = index[k];
      address[i] = slots + (long) (k - from) * HostPool.CHUNK_SIZE;
      if (batch.length[i] > HostPool.CHUNK_SIZE) {
        throw new IllegalStateException("frame of " + batch.length[i] + " bytes");
      }
      try {
        batch.fetchGuarded(i, address[i]);
      } catch (InternalError e) {
        for (int left = k; left < to; left++) {
          batch.dropped(index[left], DropReason.MEMORY_FAULT.ordinal());
        }
        memoryFault.accept(OwnerIds.port(batch.owner[i]));
        return k;
      }
    }
    return end;
  }
}
