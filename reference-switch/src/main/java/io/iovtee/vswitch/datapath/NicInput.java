// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.BufferList;
import io.iovtee.api.CopyReason;
import io.iovtee.api.RxBufferSource;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import java.util.function.LongSupplier;
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

  /** How long a re-bound queue waits for its lender: a few turns of the control threads. */
  private static final long LENDER_WAIT_NS = 50_000_000;

  /** Steps of one recall: the largest ring in batches, four times, since the NIC may be busy. */
  private static final int RECALL_STEPS_MAX = 1024;

  private final NicRxQueue queue;
  private final ChunkStack pool;
  private final LongSupplier clockNs;
  private final InputCounters counters = new InputCounters();
  private final BufferList list = new BufferList();
  private @Nullable RxBufferSource source;
  private int lender = FrameBatch.HOST_POOL;

  /** The ring behind the source. */
  private @Nullable GuestRing<ReceiveVirtqueue> lenderRing;

  private int starvedCycles;

  private LotPace pace = LotPace.NONE;

  /** Until then ({@link System#nanoTime}) no host buffer is posted; see {@link #awaitLender}. */
  private long hostHeldUntilNs;

  private boolean hostHeld;

  /**
   * Makes the input of one queue.
   *
   * @param clockNs what it waits for lots by
   */
  NicInput(NicRxQueue queue, ChunkStack pool, LongSupplier clockNs) {
    this.queue = queue;
    this.pool = pool;
    this.clockNs = clockNs;
  }

  NicRxQueue queue() {
    return queue;
  }

  InputCounters counters() {
    return counters;
  }

  /**
   * The queue was just re-bound for a guest: a lender will come within moments. Buffers that a NIC
   * once has can often not be recalled, so the ring stays empty for it, up to a limit.
   */
  void awaitLender() {
    hostHeld = true;
    hostHeldUntilNs = System.nanoTime() + LENDER_WAIT_NS;
  }

  /**
   * Fills the queue from a guest's ring from now on, with as few host buffers before as can be.
   *
   * @throws IllegalStateException while buffers of another guest are with the NIC: of a batch with
   *     both nobody could say whose memory failed, and one would be ended for the other
   */
  void lendFrom(RxBufferSource guestSource, int owner, GuestRing<ReceiveVirtqueue> ring) {
    int before = OwnerIds.port(lender);
    if (before != OwnerIds.port(owner) && before != 0 && queue.outstanding(lender) > 0) {
      throw new IllegalStateException(
          "the queue holds %d buffers of another guest: re-bind it first, port number=%d"
              .formatted(queue.outstanding(lender), before));
    }
    source = guestSource;
    lenderRing = ring;
    pace = new LotPace(ring.queue.size(), clockNs);
    lender = owner;
    starvedCycles = 0;
    hostHeld = false;
    recall(FrameBatch.HOST_POOL, (chunk, written) -> pool.give(chunk));
  }

  /** Takes back what the NIC lets go of; an emulated one does, AF_XDP does not. */
  void recall(int owner, BufferOwner to) {
    for (int step = 0; step < RECALL_STEPS_MAX && queue.outstanding(owner) > 0; step++) {
      list.count = 0;
      if (queue.recall(owner, list) < 0) {
        return;
      }
      for (int i = 0; i < list.count; i++) {
        to.giveBack(list.token[i], 0);
      }
    }
  }

  /** Back to the switch's own buffers; returns the source that lent. */
  @Nullable RxBufferSource stopLending() {
    RxBufferSource previous = source;
    source = null;
    lenderRing = null;
    pace = LotPace.NONE;
    return previous;
  }

  /**
   * Back to the switch's own buffers: the source returns what it holds; what is still with the NIC
   * goes back to the ring itself.
   */
  void endLending(PollLoop loop) {
    RxBufferSource from = stopLending();
    if (from == null) {
      return;
    }
    try {
      from.stopped();
    } finally {
      int lentBy = lender;
      loop.lenderGone(lentBy);
      recall(lentBy, (head, written) -> loop.giveBack(lentBy, head));
    }
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
    int toCopy = 0;
    if (received > 0 && source != null) {
      batch.fillingOwner = lender;
      toCopy = noteTransition(batch);
    }
    refill(toCopy);
    return received;
  }

  @Override
  public void arm(LoopSleep sleep) {
    armQueue(sleep);
    GuestRing<ReceiveVirtqueue> ring = lenderRing;
    if (ring != null && queue.freeSlots() >= REFILL_MIN) {
      postToStarved(); // a queue without any buffer could not wake the loop
      ring.arm(sleep);
    }
  }

  private void armQueue(LoopSleep sleep) {
    EventFd interrupt = queue.interrupt();
    Fd frames = queue.wakeFd();
    if (hostHeld) {
      sleep.nap();
    } else if (interrupt != null) {
      sleep.watch(interrupt);
      switch (queue.armInterrupt()) {
        case ANNOUNCED -> {}
        case UNANNOUNCED -> sleep.nap();
        case WAITING -> sleep.stayAwake();
      }
    } else if (frames != null) {
      sleep.watch(frames);
    } else {
      sleep.nap();
    }
  }

  @Override
  public void disarm() {
    queue.disarmInterrupt();
    GuestRing<ReceiveVirtqueue> ring = lenderRing;
    if (ring != null) {
      ring.disarm();
    }
  }

  /** Where the next frame will lie; null if the NIC has no buffer. For traces. */
  @Nullable NextBuffer nextBuffer() {
    int owner = queue.nextOwner();
    if (owner < 0) {
      return null;
    }
    byte reason = queue.nextCopyReason();
    if (source != null && owner == FrameBatch.HOST_POOL && reason == 0) {
      reason = (byte) CopyReason.TRANSITION.ordinal();
    }
    return new NextBuffer(owner, reason, source == null ? FrameBatch.HOST_POOL : lender);
  }

  /**
   * A frame in a buffer that was posted before the lending began is copied for that reason.
   *
   * @return frames in host buffers
   */
  private static int noteTransition(FrameBatch batch) {
    if (batch.owner[0] != FrameBatch.HOST_POOL && batch.isOfOneOwner()) {
      return 0;
    }
    int hostFrames = 0;
    for (int i = 0; i < batch.count; i++) {
      if (batch.owner[i] == FrameBatch.HOST_POOL) {
        hostFrames++;
        if (batch.copyReason[i] == 0) {
          batch.copyReason[i] = (byte) CopyReason.TRANSITION.ordinal();
        }
      }
    }
    return hostFrames;
  }

  /**
   * Posts buffers for those that are used up.
   *
   * @param toCopy frames of this batch that will be copied, so each takes a posted buffer
   */
  private void refill(int toCopy) {
    int free = queue.freeSlots();
    if (free < REFILL_MIN) {
      return;
    }
    RxBufferSource guest = source;
    if (guest == null) {
      if (hostHeld && System.nanoTime() - hostHeldUntilNs < 0) {
        return;
      }
      hostHeld = false;
      postHost(Math.min(free, BufferList.CAPACITY), CopyReason.NONE);
      return;
    }
    if (!pace.isTime()) {
      return;
    }
    list.count = 0;
    int lent = lend(guest, Math.min(Math.min(free, BufferList.CAPACITY), lendable(toCopy)));
    if (lenderRing != null) {
      pace.looked(lent, lenderRing.queue.knownAvailable());
    }
    if (lent > 0) {
      starvedCycles = 0;
      queue.post(list, lender, (byte) 0);
      returnRefused(guest);
    } else if (queue.outstanding(lender) == 0) {
      postForCopies(guest);
    }
  }

  /**
   * Nothing is lent. Buffers that only copies can use wait in the ring: frames for them may come at
   * once. Else the guest has posted none, and the queue waits for a while.
   */
  private void postForCopies(RxBufferSource guest) {
    GuestRing<ReceiveVirtqueue> ring = lenderRing;
    int copyable = ring == null ? 0 : ring.queue.returned();
    if (copyable > 0) {
      int more = copyable - queue.outstanding(FrameBatch.HOST_POOL);
      postHost(Math.min(more, BufferList.CAPACITY), (byte) guest.refusal());
    } else if (++starvedCycles >= STARVED_CYCLES_MAX) {
      starvedCycles = 0;
      postToStarved();
    }
  }

  private int lend(RxBufferSource guest, int max) {
    try {
      return guest.lend(list, max);
    } catch (RuntimeException e) {
      returnRefused(guest); // what it gave before it failed
      throw e;
    }
  }

  /**
   * Posted buffers that may go to the NIC now. It fills its buffers in order, so what comes next
   * lies in the host buffers that it could not give back, and each such frame takes a posted one.
   * With completion in order none may go before those frames have theirs, or before a returned one
   * is used: that would have to go back empty.
   */
  private int lendable(int toCopy) {
    GuestRing<ReceiveVirtqueue> ring = lenderRing;
    if (ring == null) {
      return BufferList.CAPACITY;
    }
    int hostFrames = queue.outstanding(FrameBatch.HOST_POOL) + toCopy;
    if (ring.queue.inOrder()) {
      return hostFrames + ring.queue.returned() == 0 ? BufferList.CAPACITY : 0;
    }
    return hostFrames == 0 ? BufferList.CAPACITY : Math.max(0, ring.queue.available() - hostFrames);
  }

  private void postToStarved() {
    if (queue.outstanding(lender) + queue.outstanding(FrameBatch.HOST_POOL) == 0) {
      postHost(STARVED_REFILL, CopyReason.NO_POSTED_BUFFER);
    }
  }

  private void postHost(int max, CopyReason reason) {
    postHost(max, (byte) reason.ordinal());
  }

  private void postHost(int max, byte reason) {
    int n = Math.max(0, Math.min(max, pool.available()));
    pool.take(list.token, 0, n);
    for (int i = 0; i < n; i++) {
      list.address[i] = pool.frameAddress(list.token[i]);
    }
    list.count = n;
    queue.post(list, FrameBatch.HOST_POOL, reason);
    pool.give(list.token, 0, list.count); // what was refused
  }

  /** What the queue refused is the source's again, which counts it. */
  private void returnRefused(RxBufferSource guest) {
    for (int i = 0; i < list.count; i++) {
      guest.refused(list.token[i]);
    }
  }
}
