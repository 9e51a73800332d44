// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Frames from one loop to a port that another loop serves: a ring of copies with one producer and
 * one consumer. The sending loop counts a frame as delivered once it is in the ring; what the port
 * then cannot take is counted as dropped by the port.
 */
final class Handover implements TxQueue, FrameInput {
  /** Frames that can wait; four batches, so that a burst survives one duty cycle of the other. */
  static final int SIZE = 256;

  /** Kept so that the slots' memory lives as long as this ring. */
  private final MemorySegment memory =
      Arena.ofAuto().allocate((long) SIZE * HostPool.CHUNK_SIZE, 64);

  private final long slots = memory.address();
  private final int[] lengths = new int[SIZE];

  /** Written with release order by the producer, read with acquire order by the consumer. */
  private final AtomicLong tail = new AtomicLong();

  /** Written with release order by the consumer, read with acquire order by the producer. */
  private final AtomicLong head = new AtomicLong();

  private final boolean toGuest;
  private long cachedHead;

  private Handover(boolean toGuest) {
    this.toGuest = toGuest;
  }

  /**
   * Connects a loop to a port of another loop.
   *
   * @param toGuest whether the port is a guest's: then the frame counts as copied
   * @return what undoes it
   */
  static Runnable connect(PollLoop from, PollLoop to, int port, boolean toGuest) {
    Handover ring = new Handover(toGuest);
    LoopInput row = LoopInput.handover(ring, port);
    to.execute(() -> to.addInput(row)).join();
    from.execute(() -> from.setOutput(port, ring)).join();
    return () -> {
      from.execute(() -> from.setOutput(port, null)).join();
      to.execute(() -> to.removeInput(row)).join();
    };
  }

  @Override
  public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
    long at = tail.getPlain();
    for (int k = 0; k < count; k++) {
      int i = index[k];
      if (at - cachedHead == SIZE) {
        cachedHead = head.getAcquire();
      }
      if (at - cachedHead == SIZE) {
        batch.dropped(i, DropReason.HANDOVER_FULL.ordinal());
      } else if (batch.length[i] > HostPool.FRAME_LENGTH_MAX) {
        batch.dropped(i, DropReason.TOO_LONG.ordinal());
      } else {
        int slot = (int) at & (SIZE - 1);
        batch.copyTo(i, slots + (long) slot * HostPool.CHUNK_SIZE);
        lengths[slot] = batch.length[i];
        at++;
        batch.raiseOutcome(i, (toGuest ? Outcome.COPIED : Outcome.FORWARDED).ordinal());
      }
    }
    tail.setRelease(at);
  }

  @Override
  public int flush() {
    return 0;
  }

  /** The frames stay in the ring's memory until {@link #release}. */
  @Override
  public int poll(FrameBatch batch) {
    long at = head.getPlain();
    int n = (int) Math.min(FrameBatch.CAPACITY, tail.getAcquire() - at);
    for (int i = 0; i < n; i++) {
      int slot = (int) (at + i) & (SIZE - 1);
      batch.add(
          slots + (long) slot * HostPool.CHUNK_SIZE,
          lengths[slot],
          slot,
          OwnerIds.HANDOVER,
          (byte) 0);
      batch.needsNoSnapshot(i); // the ring's memory is ours alone
    }
    return n;
  }

  /** The batch's frames have been sent: their slots are free. */
  void release(int count) {
    head.setRelease(head.getPlain() + count);
  }
}
