// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.datapath.Foreseen;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.datapath.NicPort.NicTxQueue;
import io.iovtee.vswitch.datapath.NicRxQueue.Recovered;
import io.iovtee.vswitch.nic.parts.Counters;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A transmit queue of the emulated NIC. Three ways to the wire:
 *
 * <ul>
 *   <li>wire {@code discard} without {@code copy}: frames are counted and forgotten at once, as
 *       DPDK's net_null does;
 *   <li>DMA inline: the poll thread hands each frame to the wire; no buffer is kept, and the time
 *       is accounted as emulation;
 *   <li>DMA thread: descriptors. The buffer of a frame that may be taken is kept until the frame is
 *       sent; other frames are copied to a chunk of the loop's own first.
 * </ul>
 */
public final class SoftTxQueue implements NicTxQueue {
  /** Counters of whoever emulates the hardware. */
  static final int PACKETS = 0;

  static final int BYTES = 1;
  static final int DMA_FAULTS = 2;

  /** Counters of the poll thread. */
  private static final int DROPPED = 0;

  private static final int RING_FULL = 1;
  private static final int CANCELLED = 2;

  /** Shortest frame with an Ethernet header. */
  private static final int FRAME_LENGTH_MIN = 14;

  private final SoftNic nic;
  private final int queue;
  private final int frameLengthMax;
  private final @Nullable TxRing ring;
  private final Counters counters = new Counters(3);
  private final Counters driverCounters = new Counters(3);
  private @Nullable LoopBuffers buffers;
  private boolean keepsGuestBuffers;
  private long emulationNs;

  SoftTxQueue(SoftNic nic, int queue, int frameLengthMax, @Nullable TxRing ring) {
    this.nic = nic;
    this.queue = queue;
    this.frameLengthMax = frameLengthMax;
    this.ring = ring;
  }

  @Override
  public void bind(LoopBuffers loopBuffers) {
    buffers = loopBuffers;
  }

  /**
   * Whether frames that lie in a guest's memory may be sent from there too (their headers always
   * from the private snapshot). Whoever allows it must {@link #cancel} before the guest's memory
   * goes. Poll thread; default false.
   */
  public void keepGuestBuffers(boolean keep) {
    keepsGuestBuffers = keep;
  }

  /** Buffers of this owner that the queue keeps. Poll thread. */
  public int outstanding(int owner) {
    return ring == null ? 0 : ring.outstanding(owner);
  }

  /**
   * Gives up frames that lie in an owner's buffers and are not sent yet; the buffers come back
   * through the next {@link #flush}. When it returns true the NIC does not read the owner's memory
   * any more. Poll thread.
   *
   * @return false when the emulated hardware was busy: call again in the next duty cycle
   */
  public boolean cancel(int owner) {
    if (ring == null) {
      return true;
    }
    DmaEngine engine = nic.engine();
    if (!engine.enterSoon()) {
      return false;
    }
    try {
      int cancelled = ring.cancel(owner);
      driverCounters.add(CANCELLED, cancelled);
      driverCounters.add(DROPPED, cancelled);
    } finally {
      engine.exit();
    }
    return true;
  }

  @Override
  public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
    FrameSink sink = nic.sink();
    if (sink == null) {
      discard(batch, index, count);
    } else if (!sink.linkUp()) {
      for (int k = 0; k < count; k++) {
        drop(batch, index[k], DropReason.PORT_DOWN);
      }
    } else if (ring == null) {
      long start = nic.nowNs();
      hand(sink, batch, index, count);
      emulationNs += nic.nowNs() - start;
    } else {
      post(ring, batch, index, count, mayTake);
    }
  }

  @Override
  public Foreseen foresee(FrameBatch batch, int i, boolean mayTake) {
    FrameSink sink = nic.sink();
    if (sink != null && !sink.linkUp()) {
      return Foreseen.dropped(DropReason.PORT_DOWN);
    }
    return Foreseen.forwarded(batch.length[i], frameLengthMax);
  }

  private void discard(FrameBatch batch, int[] index, int count) {
    if (count == batch.count
        && batch.shortest() >= FRAME_LENGTH_MIN
        && batch.longest() <= frameLengthMax) {
      counters.add(PACKETS, count);
      counters.add(BYTES, batch.bytes());
      batch.raiseOutcomes(Outcome.FORWARDED.ordinal());
      return;
    }
    long bytes = 0;
    int sent = 0;
    for (int k = 0; k < count; k++) {
      int i = index[k];
      if (isSendable(batch, i)) {
        bytes += batch.length[i];
        sent++;
        batch.raiseOutcome(i, Outcome.FORWARDED.ordinal());
      }
    }
    counters.add(PACKETS, sent);
    counters.add(BYTES, bytes);
  }

  private void hand(FrameSink sink, FrameBatch batch, int[] index, int count) {
    long bytes = 0;
    int sent = 0;
    for (int k = 0; k < count; k++) {
      int i = index[k];
      if (!isSendable(batch, i)) {
        continue;
      }
      int length = batch.length[i];
      int fromSnapshot = batch.isShared(i) ? batch.snapshot(i) : 0;
      if (sink.accept(
          queue,
          batch.headers,
          i * FrameBatch.HEADER_STRIDE,
          fromSnapshot,
          batch.address[i] + fromSnapshot,
          length - fromSnapshot)) {
        bytes += length;
        sent++;
        batch.raiseOutcome(i, Outcome.FORWARDED.ordinal());
      } else {
        driverCounters.add(RING_FULL, 1);
        drop(batch, i, DropReason.TX_RING_FULL);
      }
    }
    counters.add(PACKETS, sent);
    counters.add(BYTES, bytes);
  }

  private void post(TxRing to, FrameBatch batch, int[] index, int count, boolean mayTake) {
    try {
      add(to, batch, index, count, mayTake);
    } finally {
      to.submit(); // also of a batch that is broken off at a frame whose memory fails
      nic.announce();
    }
  }

  private void add(TxRing to, FrameBatch batch, int[] index, int count, boolean mayTake) {
    LoopBuffers loop = buffers;
    for (int k = 0; k < count; k++) {
      int i = index[k];
      if (!isSendable(batch, i)) {
        continue;
      }
      if (loop == null) {
        drop(batch, i, DropReason.NO_HOST_BUFFER);
      } else if (to.isFull() && to.complete(loop) == 0) {
        driverCounters.add(RING_FULL, 1);
        drop(batch, i, DropReason.TX_RING_FULL);
      } else if (mayTake && (batch.owner[i] == FrameBatch.HOST_POOL || keepsGuestBuffers)) {
        to.addInPlace(batch, i);
        batch.take(i);
        batch.raiseOutcome(i, Outcome.FORWARDED.ordinal());
      } else {
        copy(to, loop, batch, i);
      }
    }
  }

  private void copy(TxRing to, LoopBuffers loop, FrameBatch batch, int i) {
    int chunk = loop.takeChunk();
    if (chunk < 0) {
      drop(batch, i, DropReason.NO_HOST_BUFFER);
      return;
    }
    long address = loop.frameAddress(chunk);
    boolean whole = false;
    try {
      batch.copyToGuarded(i, address);
      whole = true;
    } finally {
      if (!whole) {
        loop.giveBack(FrameBatch.HOST_POOL, chunk);
      }
    }
    to.addChunk(address, batch.length[i], chunk);
    batch.raiseOutcome(i, Outcome.FORWARDED.ordinal());
  }

  private boolean isSendable(FrameBatch batch, int i) {
    int length = batch.length[i];
    if (length > frameLengthMax) {
      drop(batch, i, DropReason.TOO_LONG);
      return false;
    }
    if (length < FRAME_LENGTH_MIN) {
      drop(batch, i, DropReason.RUNT);
      return false;
    }
    return true;
  }

  private void drop(FrameBatch batch, int i, DropReason reason) {
    batch.dropped(i, reason.ordinal());
    driverCounters.add(DROPPED, 1);
  }

  @Override
  public int flush() {
    LoopBuffers loop = buffers;
    return ring == null || loop == null ? 0 : ring.complete(loop);
  }

  @Override
  public boolean awaitsCompletion() {
    return ring != null && ring.isPending();
  }

  @Override
  public long emulationNs() {
    long spent = emulationNs;
    emulationNs = 0;
    return spent;
  }

  /** Engine thread: whether {@link #send} has something to do. */
  boolean hasUnsent() {
    return ring != null && ring.hasUnsent();
  }

  /** Engine thread: sends what is posted. */
  int send(FrameSink sink) {
    return ring == null ? 0 : ring.send(queue, sink, counters);
  }

  /**
   * {@code tx_packets}, {@code tx_bytes} (on the wire), {@code tx_dropped} (all reasons, the
   * following among them), {@code tx_ring_full} (no descriptor, or the wire was full), {@code
   * tx_cancelled} (their buffers had to be given back), {@code tx_dma_faults} (lost: the page under
   * the buffer was gone when its turn came; not among the dropped).
   */
  @Override
  public Map<String, Long> counters() {
    Map<String, Long> values = new LinkedHashMap<>();
    values.put("tx_packets", counters.get(PACKETS));
    values.put("tx_bytes", counters.get(BYTES));
    values.put("tx_dropped", driverCounters.get(DROPPED));
    values.put("tx_ring_full", driverCounters.get(RING_FULL));
    values.put("tx_cancelled", driverCounters.get(CANCELLED));
    values.put("tx_dma_faults", counters.get(DMA_FAULTS));
    return values;
  }

  /** Nothing of its own to release: the port stops the engine. */
  @Override
  public void close() {}

  @Override
  public void recoverAfterClose(Recovered recovered) {
    if (ring != null) {
      ring.giveUp(recovered);
    }
  }
}
