// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.datapath.Foreseen;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.FrameRing;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.datapath.NicPort.NicTxQueue;
import io.iovtee.vswitch.nic.parts.Counters;
import java.util.LinkedHashMap;
import java.util.Map;

/** Inner frames of one loop on their way to the socket's thread. Poll thread. */
final class VxlanTxQueue implements NicTxQueue {
  private static final int PACKETS = 0;
  private static final int BYTES = 1;
  private static final int DROPPED = 2;
  private static final int RING_FULL = 3;
  private static final int TOO_LONG = 4;

  private final VxlanTunnel tunnel;
  private final VxlanSocket socket;
  private final FrameRing frames;

  /** Whether the errors of the socket's thread, which knows of no loop, are counted here. */
  private final boolean first;

  private final Counters counters = new Counters(5);
  private boolean filled;

  VxlanTxQueue(VxlanTunnel tunnel, VxlanSocket socket, int loop) {
    this.tunnel = tunnel;
    this.socket = socket;
    frames = tunnel.toSend[loop];
    first = loop == 0;
  }

  @Override
  public void bind(LoopBuffers buffers) {}

  @Override
  public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
    boolean up = socket.isOpen();
    for (int k = 0; k < count; k++) {
      int i = index[k];
      int length = batch.length[i];
      if (!up) {
        drop(batch, i, DropReason.PORT_DOWN);
      } else if (length < FrameBatch.FRAME_LENGTH_MIN) {
        drop(batch, i, DropReason.RUNT);
      } else if (length > tunnel.frameLengthMax) {
        counters.add(TOO_LONG, 1);
        drop(batch, i, DropReason.TOO_LONG);
      } else if (offer(batch, i, length)) {
        filled = true;
        counters.add(PACKETS, 1);
        counters.add(BYTES, length);
        batch.copiedBytes += length;
        batch.raiseOutcome(i, Outcome.FORWARDED.ordinal());
      } else {
        counters.add(RING_FULL, 1);
        drop(batch, i, DropReason.TX_RING_FULL);
      }
    }
  }

  private boolean offer(FrameBatch batch, int i, int length) {
    int head = batch.isShared(i) ? batch.snapshot(i) : 0;
    return frames.offer(
        batch.headers, i * FrameBatch.HEADER_STRIDE, head, batch.address[i] + head, length - head);
  }

  private void drop(FrameBatch batch, int i, DropReason reason) {
    counters.add(DROPPED, 1);
    batch.dropped(i, reason.ordinal());
  }

  @Override
  public Foreseen foresee(FrameBatch batch, int i, boolean mayTake) {
    return socket.isOpen()
        ? Foreseen.forwarded(batch.length[i], tunnel.frameLengthMax)
        : Foreseen.dropped(DropReason.PORT_DOWN);
  }

  /** Tells the socket's thread, once for a batch. */
  @Override
  public int flush() {
    if (filled) {
      filled = false;
      socket.ring(tunnel);
    }
    return 0;
  }

  /**
   * {@code tx_packets}, {@code tx_bytes} (handed to the socket's thread), {@code tx_dropped} and of
   * those {@code tx_ring_full}, {@code tx_too_long} (longer than what the outer MTU leaves) and
   * {@code tx_errors}: handed over, but refused by the kernel (no way to the remote end, a smaller
   * MTU on the way).
   */
  @Override
  public Map<String, Long> counters() {
    long errors = first ? tunnel.counters.get(VxlanTunnel.SEND_ERRORS) : 0;
    Map<String, Long> values = new LinkedHashMap<>();
    values.put("tx_packets", counters.get(PACKETS));
    values.put("tx_bytes", counters.get(BYTES));
    values.put("tx_dropped", counters.get(DROPPED) + errors);
    values.put("tx_ring_full", counters.get(RING_FULL));
    values.put("tx_too_long", counters.get(TOO_LONG));
    values.put("tx_errors", errors);
    return values;
  }

  /** Nothing of its own to release: the port does. */
  @Override
  public void close() {}
}
