// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.Outcome;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * One loop's copies for mirrors: those of the switch, and those that rules ask for. A copy is a
 * frame of its own, in memory of the tap's, so that what becomes of it can not touch the original:
 * neither its outcome nor whose buffer it lies in.
 *
 * <p>Copies are taken before the original is sent anywhere, so before its guest sees it; header
 * bytes of a frame in a guest's memory come from the snapshot that was classified.
 *
 * <p>As in OVS each of the switch's mirrors gets a frame once, as it was received or as it is sent
 * to the first port that the mirror selects; again if a rule has changed it in between. The port
 * that the frame came from gets no copy of it. Poll thread, but for the counters.
 */
final class MirrorTap {
  /** The row of counters for copies that rules ask for; rows before it are the mirrors'. */
  static final int BY_RULES = MirrorTable.MIRRORS_MAX;

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int FRAMES = 0;
  private static final int BYTES = 1;
  private static final int LOST = 2;
  private static final int COUNTERS = 3;

  private final Pipeline pipeline;

  /** Held so that the slots live as long as the tap. */
  private final MemorySegment memory =
      Arena.ofAuto().allocate((long) FrameBatch.CAPACITY * HostPool.CHUNK_SIZE, 64);

  private final long slots = memory.address();
  private final FrameBatch copies = FrameBatch.uncounted();
  private final int[] target = new int[FrameBatch.CAPACITY];
  private final int[] row = new int[FrameBatch.CAPACITY];
  private final int[] index = new int[FrameBatch.CAPACITY];
  private final long[] counts = new long[(BY_RULES + 1) * COUNTERS];

  /** Per frame of the batch at hand: the mirrors that have it. */
  private final int[] done = new int[FrameBatch.CAPACITY];

  private final boolean[] reserved = new boolean[OwnerIds.PORTS_MAX + 1];
  private MirrorTable table = MirrorTable.NONE;
  private boolean on;
  private int inPort;

  MirrorTap(Pipeline pipeline) {
    this.pipeline = pipeline;
    copies.counters = null;
  }

  /** Swaps the switch's mirrors. */
  void setTable(MirrorTable next) {
    table = next;
    on = !next.isEmpty();
    Arrays.fill(reserved, false);
    next.forEachTarget(port -> reserved[port] = true);
  }

  MirrorTable table() {
    return table;
  }

  /** Whether the switch has mirrors. */
  boolean isOn() {
    return on;
  }

  /**
   * Whether a port is there for a mirror's copies: nothing is flooded to it, and what comes from it
   * is dropped, as in OVS (ovs-vswitchd.conf.db(5), Mirror, output_port).
   */
  boolean isReserved(int port) {
    return reserved[port];
  }

  /** The output as frames meet it: if a mirror selects the port, its copies are taken first. */
  TxQueue before(int port, TxQueue output) {
    return table.sent(port) == 0 ? output : new MirroredOutput(output, port, this);
  }

  /** A batch was classified and nothing was done with it. */
  void received(FrameBatch batch, int port) {
    inPort = port;
    Arrays.fill(done, 0, batch.count, 0);
    int mirrors = table.received(port);
    for (int left = mirrors; left != 0; left &= left - 1) {
      int mirror = Integer.numberOfTrailingZeros(left);
      for (int i = 0; i < batch.count; i++) {
        copy(batch, i, table.target(mirror), mirror);
      }
    }
    Arrays.fill(done, 0, batch.count, mirrors);
    send();
  }

  /** Frames are about to be sent to a port. */
  void sent(FrameBatch batch, int[] frames, int count, int port) {
    for (int left = table.sent(port); left != 0; left &= left - 1) {
      int mirror = Integer.numberOfTrailingZeros(left);
      for (int k = 0; k < count; k++) {
        int i = frames[k];
        if ((done[i] & 1 << mirror) == 0 && table.target(mirror) != inPort) {
          done[i] |= 1 << mirror;
          copy(batch, i, table.target(mirror), mirror);
        }
      }
    }
    send();
  }

  /** The frame was changed: mirrors that have it as it was may have it as it is. */
  void changed(int i) {
    done[i] = 0;
  }

  /** Frames that come from nowhere are about to be sent. */
  void startOutside() {
    inPort = 0;
    Arrays.fill(done, 0);
  }

  /**
   * Takes a copy of the frame as it is; {@link #send} sends it.
   *
   * @param port where to
   * @param counted row of counters
   */
  void copy(FrameBatch batch, int i, int port, int counted) {
    if (batch.length[i] < FrameBatch.FRAME_LENGTH_MIN) {
      return; // no frame: it goes nowhere, and no output need be ready for it
    }
    if (batch.length[i] > HostPool.FRAME_LENGTH_MAX) {
      counts[counted * COUNTERS + LOST]++;
      return;
    }
    if (copies.count == FrameBatch.CAPACITY) {
      send();
    }
    int slot = copies.count;
    long at = slots + (long) slot * HostPool.CHUNK_SIZE;
    batch.copyToGuarded(i, at);
    copies.add(at, batch.length[i], slot, OwnerIds.HANDOVER, (byte) 0);
    copies.needsNoSnapshot(slot);
    target[slot] = port;
    row[slot] = counted;
  }

  /** Sends all copies. */
  void send() {
    int n = copies.count;
    for (int from = 0, to; from < n; from = to) {
      to = from + 1;
      while (to < n && target[to] == target[from]) {
        to++;
      }
      for (int k = from; k < to; k++) {
        index[k - from] = k;
      }
      pipeline.sendCopies(copies, index, to - from, target[from]);
    }
    if (n > 0) {
      count(n);
      copies.clear();
    }
  }

  private void count(int n) {
    int dropped = Outcome.DROPPED.ordinal();
    for (int k = 0; k < n; k++) {
      int at = row[k] * COUNTERS;
      if (copies.outcome[k] == dropped) {
        counts[at + LOST]++;
      } else {
        counts[at + FRAMES]++;
        counts[at + BYTES] += copies.length[k];
      }
    }
  }

  /** Forgets copies of a batch that was broken off. */
  void abandon() {
    copies.clear();
  }

  /** What was copied for a mirror, or for rules. Any thread. */
  MirrorCounts counts(int counted) {
    int at = counted * COUNTERS;
    return new MirrorCounts(
        (long) SLOT.getOpaque(counts, at + FRAMES),
        (long) SLOT.getOpaque(counts, at + BYTES),
        (long) SLOT.getOpaque(counts, at + LOST));
  }
}
