// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.tap;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.datapath.Foreseen;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.datapath.NicPort.NicTxQueue;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.Tap;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.parts.Counters;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the host receives from the interface: one write a frame, done at once. Poll thread. */
final class TapTxQueue implements NicTxQueue {
  private static final int PACKETS = 0;
  private static final int BYTES = 1;
  private static final int DROPPED = 2;
  private static final int ERRORS = 3;

  private final Tap tap;
  private final Counters counters = new Counters(4);

  /** A frame that others can write to is copied here first: what leaves is what was classified. */
  private final MemorySegment scratch = Arena.ofAuto().allocate(HostPool.FRAME_LENGTH_MAX, 64);

  TapTxQueue(Tap tap) {
    this.tap = tap;
  }

  @Override
  public void bind(LoopBuffers buffers) {}

  @Override
  public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
    for (int k = 0; k < count; k++) {
      int i = index[k];
      int length = batch.length[i];
      if (length < FrameBatch.FRAME_LENGTH_MIN) {
        drop(batch, i, DropReason.RUNT);
      } else if (length > HostPool.FRAME_LENGTH_MAX) {
        drop(batch, i, DropReason.TOO_LONG);
      } else {
        send(batch, i, length);
      }
    }
  }

  private void send(FrameBatch batch, int i, int length) {
    long frame = batch.address[i];
    if (batch.isShared(i)) {
      frame = scratch.address();
      batch.copyToGuarded(i, frame);
    }
    int result = tap.write(frame, length);
    if (result == length) {
      counters.add(PACKETS, 1);
      counters.add(BYTES, length);
      batch.raiseOutcome(i, Outcome.FORWARDED.ordinal());
    } else if (result == -Errno.EAGAIN || result == -Errno.ENOBUFS || result == -Errno.ENOMEM) {
      drop(batch, i, DropReason.TX_RING_FULL);
    } else {
      if (result != -Errno.EIO && result != -Errno.EBADFD) { // down, and gone
        counters.add(ERRORS, 1);
      }
      drop(batch, i, DropReason.PORT_DOWN);
    }
  }

  private void drop(FrameBatch batch, int i, DropReason reason) {
    counters.add(DROPPED, 1);
    batch.dropped(i, reason.ordinal());
  }

  @Override
  public Foreseen foresee(FrameBatch batch, int i, boolean mayTake) {
    return Foreseen.forwarded(batch.length[i], HostPool.FRAME_LENGTH_MAX);
  }

  @Override
  public int flush() {
    return 0;
  }

  /**
   * {@code tx_packets}, {@code tx_bytes}, {@code tx_dropped}, and of those {@code tx_errors}:
   * writes that failed otherwise than because the interface is down, gone or out of room.
   */
  @Override
  public Map<String, Long> counters() {
    Map<String, Long> values = new LinkedHashMap<>();
    values.put("tx_packets", counters.get(PACKETS));
    values.put("tx_bytes", counters.get(BYTES));
    values.put("tx_dropped", counters.get(DROPPED));
    values.put("tx_errors", counters.get(ERRORS));
    return values;
  }

  /** Nothing of its own to release: the port closes the descriptor. */
  @Override
  public void close() {}
}
