// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.parts;

import io.iovtee.api.Arrival;
import io.iovtee.api.BufferList;
import io.iovtee.api.DmaConstraints;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import org.jspecify.annotations.Nullable;

/**
 * A receive queue whose frames are copied out of the kernel into chunks of the host pool: nothing
 * is written through from there, nothing is steered, and no filter stands before it.
 */
public abstract class PostedRxQueue implements NicRxQueue {
  private static final int PACKETS = 0;
  private static final int BYTES = 1;

  private final String portType;
  private final HostPool pool;
  private final BufferRing ring;

  /** The poll thread's. */
  private final Counters taken = new Counters(2);

  /**
   * Made by its port.
   *
   * @param portType for messages
   * @param pool whose chunks it will be given
   */
  protected PostedRxQueue(String portType, HostPool pool, BufferRing ring) {
    this.portType = portType;
    this.pool = pool;
    this.ring = ring;
  }

  /** Adds what is filled to the batch, and counts it. Poll thread. */
  protected final int take(FrameBatch batch) {
    int from = batch.count;
    int n = ring.take(batch);
    if (n > 0) {
      long bytes = 0;
      for (int i = from; i < from + n; i++) {
        bytes += batch.length[i];
      }
      taken.add(PACKETS, n);
      taken.add(BYTES, bytes);
    }
    return n;
  }

  /** Frames that the switch was given. Any thread. */
  protected final long packets() {
    return taken.get(PACKETS);
  }

  /** Bytes of those. Any thread. */
  protected final long bytes() {
    return taken.get(BYTES);
  }

  @Override
  public final int freeSlots() {
    return ring.freeSlots();
  }

  @Override
  public final int post(BufferList list, int owner, byte copyReason) {
    if (owner != FrameBatch.HOST_POOL) {
      throw new IllegalStateException(refusal());
    }
    return ring.post(list);
  }

  @Override
  public final int outstanding(int owner) {
    return owner == FrameBatch.HOST_POOL ? ring.outstanding() : 0;
  }

  @Override
  public final int recall(int owner, BufferList out) {
    return -1;
  }

  @Override
  public final int nextOwner() {
    return ring.isAnyEmpty() ? FrameBatch.HOST_POOL : -1;
  }

  @Override
  public final byte nextCopyReason() {
    return 0;
  }

  @Override
  public Admission admission(byte[] frame) {
    if (frame.length > HostPool.FRAME_LENGTH_MAX) {
      return new Admission(
          Arrival.Entry.TOO_LONG,
          "a frame has at most %d bytes: length=%d"
              .formatted(HostPool.FRAME_LENGTH_MAX, frame.length));
    }
    return new Admission(Arrival.Entry.MAY_ENTER, "");
  }

  @Override
  public final DmaConstraints constraints() {
    long start = pool.baseAddress();
    return new DmaConstraints(
        start, start + pool.length(), 0, HostPool.FRAME_LENGTH_MAX, HostPool.FRAME_LENGTH_MAX);
  }

  private String refusal() {
    return ("frames of a %s port are copied out of the kernel, so its queues can not be filled by a"
            + " guest: map a queue of an xdp or soft port")
        .formatted(portType);
  }

  /**
   * Refuses every guest, before the queue is taken off its loop.
   *
   * @throws IllegalStateException for a guest
   */
  @Override
  public final void prepareRebind(@Nullable GuestMemory guest) {
    if (guest != null) {
      throw new IllegalStateException(refusal());
    }
  }

  /** Does nothing: the queue never has another memory than the host pool. */
  @Override
  public final void rebind(@Nullable GuestMemory guest, Recovered recovered) {
    prepareRebind(guest);
  }

  @Override
  public final boolean steer(String match) {
    return false;
  }

  @Override
  public final boolean unsteer(String match) {
    return false;
  }

  @Override
  public final boolean fillsInOrder() {
    return true;
  }

  @Override
  public final void recoverAfterClose(Recovered recovered) {
    ring.giveUp(recovered);
  }
}
