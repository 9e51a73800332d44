// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.virtio.TransmitFrames;
import io.iovtee.vswitch.virtio.TransmitVirtqueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Frames from one transmit virtqueue of a guest. Two ways: each frame is copied into a host chunk
 * and its buffer returned at once (the default), or the guest's own buffer travels through the
 * pipeline and is returned when the batch is released. The second saves the copy; the header that
 * was classified is a private snapshot either way, and outputs send that snapshot.
 */
final class GuestInput implements FrameInput, BufferOwner {
  private final int owner;
  private final ChunkStack pool;
  private final LongSupplier clockNs;
  private final InputCounters counters = new InputCounters();
  private final TransmitFrames frames = new TransmitFrames();
  private @Nullable GuestRing<TransmitVirtqueue> ring;
  private @Nullable GuestRing<?> receiveRing;
  private LotPace pace = LotPace.NONE;
  private boolean lending;

  /** Keeps the compiler from leaving out the loads of {@link AddressSpace#fetch}. */
  @SuppressWarnings({"unused", "FieldCanBeLocal"})
  private long fetched;

  /**
   * Makes the input of one queue pair.
   *
   * @param clockNs what it waits for lots by
   */
  GuestInput(int portNumber, int queuePair, ChunkStack pool, LongSupplier clockNs) {
    owner = OwnerIds.transmit(portNumber, queuePair);
    this.pool = pool;
    this.clockNs = clockNs;
  }

  InputCounters counters() {
    return counters;
  }

  int owner() {
    return owner;
  }

  @Nullable GuestRing<TransmitVirtqueue> ring() {
    return ring;
  }

  void setRing(@Nullable GuestRing<TransmitVirtqueue> next) {
    ring = next;
    pace = next == null ? LotPace.NONE : new LotPace(next.queue.size(), clockNs);
  }

  /** The pair's other ring: nobody else comes by in every duty cycle to {@code settle} it. */
  void setReceiveRing(@Nullable GuestRing<?> next) {
    receiveRing = next;
  }

  /** Whether there is anything to come by for. */
  boolean isServed() {
    return ring != null || receiveRing != null;
  }

  /** Touches the guest's memory no more. */
  void abandon() {
    ring = null;
    receiveRing = null;
  }

  /**
   * Takes no frames from the guest any more; what the guest receives is still settled, or it might
   * sleep on frames that it has.
   *
   * @return false if there is nothing to come by for, or was not before
   */
  boolean stopReading() {
    boolean wasReading = ring != null;
    ring = null;
    return wasReading && receiveRing != null;
  }

  /** Chooses the way: the guest's buffers travel (true), or a copy is taken first. */
  void setLending(boolean lend) {
    lending = lend;
  }

  /** Where the next frame will lie; null if none can come. For traces. */
  @Nullable NextBuffer nextBuffer() {
    int lies = lending ? owner : FrameBatch.HOST_POOL;
    return ring == null ? null : new NextBuffer(lies, (byte) 0, FrameBatch.HOST_POOL);
  }

  @Override
  public int poll(FrameBatch batch) {
    if (receiveRing != null) {
      receiveRing.settle();
    }
    GuestRing<TransmitVirtqueue> current = ring;
    if (current == null) {
      return 0;
    }
    current.settle();
    if (!pace.isTime()) {
      return 0;
    }
    int room = Math.min(FrameBatch.CAPACITY, pool.available());
    int taken = current.queue.takeTransmit(frames, room);
    pace.looked(taken, current.queue.knownAvailable());
    try {
      if (lending) {
        lend(batch, current, taken);
      } else {
        copy(batch, current, taken);
      }
    } catch (RuntimeException e) {
      current.queue.completeRead(frames.head, 0, taken); // none of them is sent
      throw e;
    }
    current.flush();
    return batch.count;
  }

  @Override
  public void arm(LoopSleep sleep) {
    // What only went back to the guest was no work that would have kept the loop awake.
    if (receiveRing != null) {
      receiveRing.settleNow();
    }
    GuestRing<TransmitVirtqueue> current = ring;
    if (current == null) {
      return;
    }
    current.settleNow();
    current.arm(sleep);
    if (current.queue.available() > 0) {
      if (pool.available() > 0) {
        sleep.stayAwake();
      } else {
        sleep.nap(); // chunks come back unannounced
      }
    }
  }

  @Override
  public void disarm() {
    GuestRing<TransmitVirtqueue> current = ring;
    if (current != null) {
      current.disarm();
    }
  }

  private void lend(FrameBatch batch, GuestRing<TransmitVirtqueue> from, int taken) {
    if (areStraight(taken)) {
      batch.addLent(frames.address, frames.length, frames.head, owner, taken);
      return;
    }
    for (int k = 0; k < taken; k++) {
      if (frames.contiguous[k] && frames.length[k] <= HostPool.FRAME_LENGTH_MAX) {
        batch.add(frames.address[k], frames.length[k], frames.head[k], owner, (byte) 0);
      } else {
        copyOne(batch, k);
        from.queue.complete(frames.head[k], 0);
      }
    }
  }

  private void copy(FrameBatch batch, GuestRing<TransmitVirtqueue> from, int taken) {
    if (areStraight(taken)) {
      copyStraight(batch, taken);
    } else {
      for (int k = 0; k < taken; k++) {
        copyOne(batch, k);
      }
    }
    from.queue.completeRead(frames.head, 0, taken);
  }

  /** Whether all frames are in one piece and of a length that the switch forwards. */
  private boolean areStraight(int taken) {
    for (int k = 0; k < taken; k++) {
      if (!frames.contiguous[k] || frames.length[k] > HostPool.FRAME_LENGTH_MAX) {
        return false;
      }
    }
    return true;
  }

  /** All frames in one piece, as nearly always: nothing but the copies waits for the guest. */
  private void copyStraight(FrameBatch batch, int taken) {
    // The batch has the chunks before the guest's memory is touched: a fault must not lose them.
    batch.addChunks(pool, frames.length, taken);
    fetched = AddressSpace.fetch(frames.address, taken);
    long bytes = 0;
    for (int k = 0; k < taken; k++) {
      AddressSpace.copy(frames.address[k], batch.address[k], frames.length[k]);
      bytes += frames.length[k];
    }
    counters.copied(bytes);
  }

  private void copyOne(FrameBatch batch, int k) {
    int length = frames.length[k];
    if (length > HostPool.FRAME_LENGTH_MAX) {
      counters.tooLong(length);
      return;
    }
    int chunk = pool.take(); // cannot fail: no more frames were taken than chunks are free
    long target = pool.frameAddress(chunk);
    // The batch has the chunk before the guest's memory is touched: a fault must not lose it.
    batch.add(target, length, chunk, FrameBatch.HOST_POOL, (byte) 0);
    if (frames.contiguous[k]) {
      AddressSpace.copy(frames.address[k], target, length);
    } else {
      frames.gather(k, target, HostPool.FRAME_LENGTH_MAX);
    }
    counters.copied(length);
  }

  /** A lent buffer's frame has gone where it should; the guest may use the buffer again. */
  @Override
  public void giveBack(int head, int writtenLength) {
    GuestRing<TransmitVirtqueue> current = ring;
    if (current != null) {
      current.queue.complete(head, 0);
    }
  }

  @Override
  public void giveBack(int[] heads, int[] writtenLengths, int from, int to) {
    GuestRing<TransmitVirtqueue> current = ring;
    if (current != null) {
      current.queue.completeRead(heads, from, to);
    }
  }

  /** Makes given-back buffers visible to the guest. */
  int flush() {
    GuestRing<TransmitVirtqueue> current = ring;
    return current == null ? 0 : current.flush();
  }
}
