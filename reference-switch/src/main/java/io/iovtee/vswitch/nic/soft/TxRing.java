// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.datapath.NicRxQueue.Recovered;
import io.iovtee.vswitch.nic.parts.Counters;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The transmit descriptors between a poll thread and the DMA thread. A descriptor has two segments:
 * the private header snapshot, in the ring's own memory, of a frame that a guest could still change
 * (nothing for other frames), and the rest in the buffer that the frame lies in. The buffer is kept
 * until the frame is sent.
 *
 * <p>Counts: {@code completed} ≤ {@code sent} ≤ {@code posted} ≤ {@code completed + size}; the poll
 * thread writes posted and completed, the engine sent.
 */
final class TxRing {
  private static final VarHandle COUNT =
      MethodHandles.arrayElementVarHandle(long[].class).withInvokeExactBehavior();

  private static final int POSTED = 16;
  private static final int SENT = 32;

  /** Rest length of a descriptor that is not to be sent. */
  private static final int CANCELLED = -1;

  private final int size;
  private final int mask;
  private final byte[] head;
  private final int[] headLength;
  private final long[] restAddress;
  private final int[] restLength;
  private final int[] owner;
  private final int[] token;
  private final long[] counts = new long[48];

  // Poll thread.
  private long posted;
  private long completed;
  private final OwnerCounts owners = new OwnerCounts();

  // Engine.
  private long sent;

  TxRing(int size) {
    this.size = size;
    mask = size - 1;
    head = new byte[size * FrameBatch.HEADER_STRIDE];
    headLength = new int[size];
    restAddress = new long[size];
    restLength = new int[size];
    owner = new int[size];
    token = new int[size];
  }

  // ---- poll thread ----

  boolean isFull() {
    return posted - completed == size;
  }

  /** Whether buffers are kept. */
  boolean isPending() {
    return completed < posted;
  }

  int outstanding(int ownerId) {
    return owners.get(ownerId);
  }

  /** Adds a frame whose buffer stays with the ring; the ring is not full. */
  void addInPlace(FrameBatch batch, int i) {
    int slot = (int) posted & mask;
    int fromSnapshot = batch.isShared(i) ? batch.snapshot(i) : 0;
    System.arraycopy(
        batch.headers,
        i * FrameBatch.HEADER_STRIDE,
        head,
        slot * FrameBatch.HEADER_STRIDE,
        fromSnapshot);
    headLength[slot] = fromSnapshot;
    restAddress[slot] = batch.address[i] + fromSnapshot;
    restLength[slot] = batch.length[i] - fromSnapshot;
    add(slot, batch.owner[i], batch.token[i]);
  }

  /** Adds a frame that was copied to a chunk of the loop's own; the ring is not full. */
  void addChunk(long address, int length, int chunk) {
    int slot = (int) posted & mask;
    headLength[slot] = 0;
    restAddress[slot] = address;
    restLength[slot] = length;
    add(slot, FrameBatch.HOST_POOL, chunk);
  }

  private void add(int slot, int ownerId, int bufferToken) {
    owner[slot] = ownerId;
    token[slot] = bufferToken;
    owners.add(ownerId, 1);
    posted++;
  }

  /** Publishes what was added. */
  void submit() {
    COUNT.setRelease(counts, POSTED, posted);
  }

  /** Hands buffers of sent frames back; returns how many frames were done. */
  int complete(LoopBuffers buffers) {
    long done = (long) COUNT.getAcquire(counts, SENT);
    int n = (int) (done - completed);
    for (; completed < done; completed++) {
      int slot = (int) completed & mask;
      owners.add(owner[slot], -1);
      buffers.giveBack(owner[slot], token[slot]);
    }
    return n;
  }

  /** Tells of all buffers that are kept and forgets them; the engine has stopped. */
  void giveUp(Recovered recovered) {
    for (; completed < posted; completed++) {
      int slot = (int) completed & mask;
      owners.add(owner[slot], -1);
      recovered.buffer(owner[slot], token[slot]);
    }
  }

  /**
   * Makes the engine send nothing more from an owner's buffers. The caller holds the engine.
   *
   * @return frames that will not be sent
   */
  int cancel(int ownerId) {
    int cancelled = 0;
    for (long i = sent; i < posted; i++) {
      int slot = (int) i & mask;
      if (owner[slot] == ownerId && restLength[slot] != CANCELLED) {
        restLength[slot] = CANCELLED;
        cancelled++;
      }
    }
    return cancelled;
  }

  // ---- engine ----

  boolean hasUnsent() {
    return sent != (long) COUNT.getAcquire(counts, POSTED);
  }

  /** Sends at most a burst; counts frames and bytes. */
  int send(int queue, FrameSink sink, Counters counters) {
    long ready = (long) COUNT.getAcquire(counts, POSTED);
    int done = 0;
    long frames = 0;
    long bytes = 0;
    while (sent < ready && done < DmaEngine.BURST) {
      int slot = (int) sent & mask;
      if (restLength[slot] != CANCELLED) {
        try {
          if (!sendOne(queue, sink, slot)) {
            break;
          }
          frames++;
          bytes += headLength[slot] + restLength[slot];
        } catch (InternalError e) {
          // The page under a guest's buffer is gone; the frame is lost, the descriptor completes.
          counters.add(SoftTxQueue.DMA_FAULTS, 1);
        }
      }
      sent++;
      done++;
    }
    if (done != 0) {
      counters.add(SoftTxQueue.PACKETS, frames);
      counters.add(SoftTxQueue.BYTES, bytes);
      COUNT.setRelease(counts, SENT, sent);
    }
    return done;
  }

  /** False when the wire can not take the frame now. */
  private boolean sendOne(int queue, FrameSink sink, int slot) {
    return sink.accept(
        queue,
        head,
        slot * FrameBatch.HEADER_STRIDE,
        headLength[slot],
        restAddress[slot],
        restLength[slot]);
  }
}
