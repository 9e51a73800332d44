// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.BufferList;
import io.iovtee.api.CopyReason;
import io.iovtee.api.RxBufferSource;
import io.iovtee.vswitch.memory.ChunkStack;
import org.jspecify.annotations.Nullable;

/**
 * Frames from one NIC receive queue, and the queue's refill: the first hook. The queue takes its
 * buffers from the switch's own chunks, or from a source that lends a guest's.
 */
final class NicInput implements FrameInput {
  /** Refill in steps of at least this many: a ring index store costs more than a buffer. */
  private static final int REFILL_MIN = 32;

  /**
   * Duty cycles without one guest buffer to lend after which a few host buffers are posted, so that
   * frames for others on this queue are not lost behind a guest that does not refill. While the
   * guest does refill, an empty queue is the NIC's to drop at, which costs no core anything.
   */
  private static final int STARVED_CYCLES_MAX = 20_000;

  /** Host buffers posted to a starved queue at a time. */
  private static final int STARVED_REFILL = 16;

  private final NicRxQueue queue;
  private final ChunkStack pool;
  private final InputCounters counters = new InputCounters();
  private final BufferList list = new BufferList();
  private @Nullable RxBufferSource source;
  private int lender = FrameBatch.HOST_POOL;
  private int starvedCycles;

  NicInput(NicRxQueue queue, ChunkStack pool) {
    this.queue = queue;
    this.pool = pool;
  }

  NicRxQueue queue() {
    return queue;
  }

  InputCounters counters() {
    return counters;
  }

  /** Fills the queue from a guest's ring from now on; buffers already posted stay. */
  void lendFrom(RxBufferSource guestSource, int owner) {
    source = guestSource;
    lender = owner;
    starvedCycles = 0;
  }

  /** Back to the switch's own buffers; returns the source that lent. */
  @Nullable RxBufferSource stopLending() {
    RxBufferSource previous = source;
    source = null;
    return previous;
  }

  boolean isLending() {
    return source != null;
  }

  /** The id of the guest ring that lends or last lent. */
  int lender() {
    return lender;
  }

  @Override
  public int poll(FrameBatch batch) {
    int received = queue.poll(batch);
    if (received > 0) {
      batch.fillingOwner = source != null ? lender : FrameBatch.HOST_POOL;
    }
    refill();
    return received;
  }

  private void refill() {
    int free = queue.freeSlots();
    if (free < REFILL_MIN) {
      return;
    }
    RxBufferSource guest = source;
    if (guest == null) {
      postHost(Math.min(free, BufferList.CAPACITY), CopyReason.NONE);
      return;
    }
    list.count = 0;
    if (guest.lend(list, Math.min(free, BufferList.CAPACITY)) > 0) {
      starvedCycles = 0;
      queue.post(list, lender, (byte) 0);
      returnRefused(guest);
    } else if (queue.outstanding(lender) == 0 && ++starvedCycles >= STARVED_CYCLES_MAX) {
      starvedCycles = 0;
      if (queue.outstanding(FrameBatch.HOST_POOL) == 0) {
        postHost(STARVED_REFILL, CopyReason.NO_POSTED_BUFFER);
      }
    }
  }

  private void postHost(int max, CopyReason reason) {
    list.count = 0;
    int n = Math.min(max, pool.available());
    for (int i = 0; i < n; i++) {
      int chunk = pool.take();
      list.add(pool.frameAddress(chunk), chunk);
    }
    queue.post(list, FrameBatch.HOST_POOL, (byte) reason.ordinal());
    for (int i = 0; i < list.count; i++) {
      pool.give(list.token[i]);
    }
  }

  /** What the queue refused is the source's again, which counts it. */
  private void returnRefused(RxBufferSource guest) {
    for (int i = 0; i < list.count; i++) {
      guest.refused(list.token[i]);
    }
  }
}
