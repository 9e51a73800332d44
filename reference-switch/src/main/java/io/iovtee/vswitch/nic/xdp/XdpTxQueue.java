// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.datapath.Foreseen;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.datapath.NicPort;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.Xsk;
import io.iovtee.vswitch.memory.HostPool;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The transmit half of a queue: the Tx ring and the completion ring.
 *
 * <p>Only host chunks go to the NIC. A frame in a guest's memory is copied first: the guest could
 * change it between our look at its headers and the kernel's.
 *
 * <p>The socket is shared with the receive half, so a re-bind takes it away, and the loop that
 * transmits here may be another one than the loop that is parked. {@link #pause} waits until the
 * loop is outside of this class and keeps it out; frames to be sent meanwhile are dropped.
 */
final class XdpTxQueue implements NicPort.NicTxQueue {
  private static final int FREE = 0;
  private static final int IN_USE = 1;
  private static final int PAUSED = 2;

  /** A loop leaves this class after one batch; only a suspended thread takes longer. */
  private static final long PAUSE_TIMEOUT_MS = 1000;

  /** Completions taken back per duty cycle. */
  private static final int COMPLETIONS_MAX = 256;

  private final XdpQueueControl queue;
  private final AtomicInteger state = new AtomicInteger(FREE);
  final QueueCounters counters = new QueueCounters();

  /** One bit per host chunk: it is with the NIC. */
  private final long[] sent;

  private int outstanding;

  /** Frames of this batch in the ring, not yet submitted, and their bytes. */
  private int written;

  private long writtenBytes;

  /** A re-bind lost the frames that {@link #sent} tells of; the poll thread gives them back. */
  private boolean lost;

  private @Nullable LoopBuffers buffers;
  private @Nullable XdpSocket socket;
  private @Nullable Umem umem;

  /** Null while all frames go through the Tx ring. */
  private volatile @Nullable RedirectTx redirect;

  XdpTxQueue(XdpQueueControl queue, HostPool pool) {
    this.queue = queue;
    this.sent = new long[(pool.chunks() + 63) / 64];
  }

  @Override
  public void bind(LoopBuffers loop) {
    buffers = loop;
  }

  /** Keeps the poll thread out. Control thread. */
  void pause() {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PAUSE_TIMEOUT_MS);
    while (!state.compareAndSet(FREE, PAUSED)) {
      if (System.nanoTime() > deadline) {
        throw new XdpException(
            "the poll loop did not let go of a transmit queue within "
                + PAUSE_TIMEOUT_MS
                + " ms: "
                + queue);
      }
      Thread.onSpinWait();
    }
  }

  /** Forgets the socket, and the frames that are with the NIC. Control thread, while paused. */
  void stop() {
    socket = null;
    lost = true;
  }

  /** Works on a new socket from now on. Control thread, while paused. */
  void start(XdpSocket next, Umem nextUmem) {
    socket = next;
    umem = nextUmem;
  }

  /** Sends batches past the Tx ring from now on. Control thread, before a loop has the queue. */
  void redirect(RedirectTx to) {
    redirect = to;
  }

  /** Frames that were sent past the ring. Any thread. */
  long redirected() {
    return counters.get(QueueCounters.TX_REDIRECTED);
  }

  /** As {@link RedirectTx#turnsOutRefused}. Any thread but the poll thread. */
  boolean turnsOutRefused(long redirected, long left) {
    RedirectTx past = redirect;
    return past != null && past.turnsOutRefused(redirected, left);
  }

  /** Sends by the Tx ring only. Control thread, while paused. */
  void ring() {
    RedirectTx last = redirect;
    redirect = null;
    if (last != null) {
      last.close();
    }
  }

  /** Lets the poll thread in again. Control thread. */
  void resume() {
    state.set(FREE);
  }

  @Override
  public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
    if (!state.compareAndSet(FREE, IN_USE)) {
      dropAll(batch, index, count);
      return;
    }
    try {
      LoopBuffers loop = buffers;
      XdpSocket to = socket;
      Umem memory = umem;
      if (loop == null || to == null || memory == null) {
        dropAll(batch, index, count);
        return;
      }
      giveBackLost(loop);
      RedirectTx past = redirect;
      // Frames stay in order: nothing overtakes those that wait here or there.
      if (past != null && (past.waits() || (past.isWorth(count) && to.tx.waiting() == 0))) {
        send(batch, index, count, past);
      } else {
        send(batch, index, count, mayTake, loop, to.tx, memory);
      }
    } finally {
      state.setRelease(FREE);
    }
  }

  @Override
  public Foreseen foresee(FrameBatch batch, int i, boolean mayTake) {
    return socket == null
        ? Foreseen.dropped(DropReason.PORT_DOWN)
        : Foreseen.forwarded(batch.length[i], Umem.FRAME_LENGTH_MAX);
  }

  private void dropAll(FrameBatch batch, int[] index, int count) {
    counters.add(QueueCounters.TX_DROPPED, count);
    for (int i = 0; i < count; i++) {
      batch.dropped(index[i], DropReason.PORT_DOWN.ordinal());
    }
  }

  private void send(
      FrameBatch batch,
      int[] index,
      int count,
      boolean mayTake,
      LoopBuffers loop,
      TxRing tx,
      Umem memory) {
    int room = tx.reserve(count);
    written = 0;
    writtenBytes = 0;
    try {
      write(batch, index, count, mayTake, loop, tx, memory, room);
    } finally {
      submit(tx); // also of a batch that is broken off at a frame whose memory fails
    }
    if (written < count) {
      counters.add(QueueCounters.TX_DROPPED, count - written);
    }
  }

  private void submit(TxRing tx) {
    if (written > 0) {
      tx.submit(written);
      outstanding += written;
      counters.add(QueueCounters.TX_PACKETS, written);
      counters.add(QueueCounters.TX_BYTES, writtenBytes);
    }
  }

  private void write(
      FrameBatch batch,
      int[] index,
      int count,
      boolean mayTake,
      LoopBuffers loop,
      TxRing tx,
      Umem memory,
      int room) {
    for (int i = 0; i < count; i++) {
      int frame = index[i];
      int length = batch.length[frame];
      if (length <= 0 || length > Umem.FRAME_LENGTH_MAX) {
        batch.dropped(frame, (length <= 0 ? DropReason.RUNT : DropReason.TOO_LONG).ordinal());
      } else if (written == room) {
        batch.dropped(frame, DropReason.TX_RING_FULL.ordinal());
      } else {
        long offset = own(batch, frame, mayTake, loop, memory);
        if (offset == Umem.REFUSED) {
          batch.dropped(frame, DropReason.NO_HOST_BUFFER.ordinal());
        } else {
          tx.write(tx.index(written++), offset, length);
          writtenBytes += length;
          batch.raiseOutcome(frame, Outcome.FORWARDED.ordinal());
        }
      }
    }
  }

  /** Sends past the ring: copies are made at once, so no buffer stays here. */
  private void send(FrameBatch batch, int[] index, int count, RedirectTx past) {
    int written = 0;
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      int frame = index[i];
      int length = batch.length[frame];
      if (length < RedirectTx.LENGTH_MIN || length > Umem.FRAME_LENGTH_MAX) {
        boolean isShort = length < RedirectTx.LENGTH_MIN;
        batch.dropped(frame, (isShort ? DropReason.RUNT : DropReason.TOO_LONG).ordinal());
        continue;
      }
      if (past.isFull()) {
        flush(past);
      }
      batch.copyTo(frame, past.add(length));
      batch.raiseOutcome(frame, Outcome.FORWARDED.ordinal());
      written++;
      bytes += length;
    }
    counters.add(QueueCounters.TX_PACKETS, written);
    counters.add(QueueCounters.TX_BYTES, bytes);
    counters.add(QueueCounters.TX_COPIED, written);
    counters.add(QueueCounters.TX_DROPPED, count - written);
  }

  private int flush(RedirectTx past) {
    int waiting = past.waiting();
    int sent = past.send();
    counters.add(QueueCounters.TX_WAKEUPS, 1);
    counters.add(QueueCounters.TX_REDIRECTED, sent);
    counters.add(QueueCounters.TX_COMPLETED, sent);
    if (sent < waiting) {
      counters.add(QueueCounters.TX_WAKEUP_ERRORS, 1);
      counters.add(QueueCounters.TX_DROPPED, waiting - sent);
    }
    return waiting;
  }

  /** UMEM offset of the frame in a host chunk that is ours until it is sent: its own, or a copy. */
  private long own(FrameBatch batch, int frame, boolean mayTake, LoopBuffers loop, Umem memory) {
    if (mayTake && batch.owner[frame] == FrameBatch.HOST_POOL && !batch.taken[frame]) {
      long offset = memory.hostFrameOffset(batch.address[frame], batch.length[frame]);
      if (offset != Umem.REFUSED && memory.hostChunk(offset) == batch.token[frame]) {
        batch.take(frame);
        markSent(batch.token[frame]);
        return offset;
      }
    }
    int chunk = loop.takeChunk();
    if (chunk < 0) {
      return Umem.REFUSED;
    }
    long copy = loop.frameAddress(chunk);
    boolean whole = false;
    try {
      batch.copyToGuarded(frame, copy);
      whole = true;
    } finally {
      if (!whole) {
        loop.giveBack(FrameBatch.HOST_POOL, chunk);
      }
    }
    counters.add(QueueCounters.TX_COPIED, 1);
    markSent(chunk);
    return memory.hostFrameOffset(copy, batch.length[frame]);
  }

  private void markSent(int chunk) {
    sent[chunk >> 6] |= 1L << chunk;
  }

  @Override
  public int flush() {
    if (!state.compareAndSet(FREE, IN_USE)) {
      return 0;
    }
    try {
      LoopBuffers loop = buffers;
      if (loop == null) {
        return 0;
      }
      int work = giveBackLost(loop);
      RedirectTx past = redirect;
      if (past != null && past.waits()) {
        work += flush(past);
      }
      XdpSocket from = socket;
      Umem memory = umem;
      if (from == null || memory == null || outstanding == 0) {
        return work;
      }
      work += complete(from.completion, memory, loop);
      if (outstanding > 0 && from.tx.waiting() > 0 && from.tx.needsWakeup()) {
        wake(from);
      }
      return work;
    } finally {
      state.setRelease(FREE);
    }
  }

  @Override
  public boolean awaitsCompletion() {
    RedirectTx past = redirect;
    return outstanding > 0 || lost || (past != null && past.waits());
  }

  private int complete(CompletionRing completion, Umem memory, LoopBuffers loop) {
    int count = completion.peek(COMPLETIONS_MAX);
    int known = 0;
    for (int i = 0; i < count; i++) {
      int chunk = memory.hostChunk(completion.offset(completion.index(i)));
      if (chunk < 0 || (sent[chunk >> 6] & 1L << chunk) == 0) {
        counters.add(QueueCounters.TX_UNKNOWN_COMPLETIONS, 1);
        continue;
      }
      sent[chunk >> 6] &= ~(1L << chunk);
      loop.giveBack(FrameBatch.HOST_POOL, chunk);
      known++;
    }
    if (count > 0) {
      completion.release(count);
      outstanding -= known;
      counters.add(QueueCounters.TX_COMPLETED, known);
    }
    return known;
  }

  private void wake(XdpSocket to) {
    counters.add(QueueCounters.TX_WAKEUPS, 1);
    int result = Xsk.wakeTx(to.fd().number());
    if (result < 0
        && result != -Errno.EAGAIN
        && result != -Errno.EBUSY
        && result != -Errno.ENOBUFS) {
      counters.add(QueueCounters.TX_WAKEUP_ERRORS, 1);
    }
  }

  /** Gives the chunks back that were with a socket which is gone. */
  private int giveBackLost(LoopBuffers loop) {
    if (!lost) {
      return 0;
    }
    lost = false;
    int count = takeSent(loop::giveBack);
    counters.add(QueueCounters.TX_LOST_IN_REBIND, count);
    return count;
  }

  private int takeSent(NicRxQueue.Recovered recovered) {
    int count = 0;
    for (int word = 0; word < sent.length; word++) {
      while (sent[word] != 0) {
        int chunk = (word << 6) + Long.numberOfTrailingZeros(sent[word]);
        sent[word] &= sent[word] - 1;
        recovered.buffer(FrameBatch.HOST_POOL, chunk);
        count++;
      }
    }
    outstanding = 0;
    return count;
  }

  @Override
  public void recoverAfterClose(NicRxQueue.Recovered recovered) {
    queue.recoverTx(recovered);
  }

  /** Tells of every chunk that is with a socket which is gone. Control thread, while paused. */
  void recover(NicRxQueue.Recovered recovered) {
    lost = false;
    counters.add(QueueCounters.TX_LOST_IN_REBIND, takeSent(recovered));
  }

  @Override
  public Map<String, Long> counters() {
    return queue.txCounters();
  }

  @Override
  public void close() {
    queue.close();
  }

  @Override
  public String toString() {
    return "transmit half of " + queue;
  }
}
