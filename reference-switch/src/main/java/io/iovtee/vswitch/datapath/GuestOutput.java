// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.CopyReason;
import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Frames to a guest: the second hook. A frame that lies in a buffer which this guest's own ring
 * lent is published in place; every other frame is copied into the next posted buffer.
 */
final class GuestOutput implements TxQueue {
  private static final int COPIED = Outcome.COPIED.ordinal();
  private static final int COPIED_INELIGIBLE = Outcome.COPIED_INELIGIBLE.ordinal();
  private static final int COPIED_MISDIRECTED = Outcome.COPIED_MISDIRECTED.ordinal();

  private final int portNumber;
  private final IntConsumer memoryFault;
  private final ForeignFrames foreign;
  private final @Nullable GuestRing<ReceiveVirtqueue>[] rings =
      GuestRing.none(OwnerIds.QUEUE_PAIRS_MAX);
  private final OutputCounters counters = new OutputCounters();

  /** Queue pairs 0..this-1 are looked at for copies; a copy goes to one chosen by its flow. */
  private int pairs;

  private final int[] one = new int[1];
  private int flushFailures;

  /**
   * Makes the output of one guest port.
   *
   * @param memoryFault told the port number when the guest's memory fails under a store
   * @param foreign the loop's
   */
  GuestOutput(int portNumber, IntConsumer memoryFault, ForeignFrames foreign) {
    this.portNumber = portNumber;
    this.memoryFault = memoryFault;
    this.foreign = foreign;
  }

  int portNumber() {
    return portNumber;
  }

  OutputCounters counters() {
    return counters;
  }

  @Nullable GuestRing<ReceiveVirtqueue> ring(int pair) {
    return rings[pair];
  }

  void setRing(int pair, @Nullable GuestRing<ReceiveVirtqueue> ring) {
    rings[pair] = ring;
    pairs = 0;
    for (int i = 0; i < rings.length; i++) {
      if (rings[i] != null) {
        pairs = i + 1;
      }
    }
  }

  /** Whether any receive ring runs. */
  boolean isUp() {
    return pairs > 0;
  }

  @Override
  public void transmit(FrameBatch batch, int[] index, int count, boolean mayTake) {
    try {
      int from = 0;
      while (from < count) {
        int to = batch.ownerEnd(index, from, count);
        if (isForeign(batch.owner[index[from]])) {
          transmitForeign(batch, index, from, to);
        } else {
          transmitGuarded(batch, index, from, to, mayTake);
        }
        from = to;
      }
    } catch (InternalError e) {
      for (int k = 0; k < count; k++) {
        batch.dropped(index[k], DropReason.MEMORY_FAULT.ordinal());
      }
      memoryFault.accept(portNumber);
    } catch (RuntimeException e) {
      // Which heads were completed is not known any more: the rings must start anew.
      memoryFault.accept(portNumber);
      throw e;
    }
  }

  /** Whether such a frame lies in the memory of another guest. */
  private boolean isForeign(int owner) {
    int port = OwnerIds.port(owner);
    return port != 0 && port != portNumber;
  }

  /** What can fail here is this guest's memory alone: the other's is read by the fetching. */
  private void transmitForeign(FrameBatch batch, int[] index, int from, int to) {
    int k = from;
    while (k < to) {
      int end = foreign.fetch(batch, index, k, to);
      if (end == k) {
        return;
      }
      copyGuarded(batch, foreign.address(), index, k, end);
      k = end;
    }
  }

  // The guarded steps are never inlined (conf/jvm.options): a page fault in compiled code surfaces
  // at their end at last.

  private void copyGuarded(FrameBatch batch, long[] address, int[] index, int from, int to) {
    copyStraight(batch, address, index, from, to);
  }

  private void transmitGuarded(FrameBatch batch, int[] index, int from, int to, boolean mayTake) {
    int owner = batch.owner[index[from]];
    if (mayTake && isMine(owner)) {
      publishInPlace(batch, index, from, to, OwnerIds.queuePair(owner));
    } else if (owner == FrameBatch.HOST_POOL) {
      copyStraight(batch, batch.address, index, from, to);
    } else {
      for (int k = from; k < to; k++) {
        copy(batch, index[k], batch.address[index[k]], batch.snapshot(index[k]));
      }
    }
  }

  /** Whether the owner id is one of this guest's receive rings. */
  private boolean isMine(int owner) {
    return OwnerIds.port(owner) == portNumber && (owner & 1) == 0;
  }

  private void publishInPlace(FrameBatch batch, int[] index, int from, int to, int pair) {
    GuestRing<ReceiveVirtqueue> ring = rings[pair];
    if (ring == null) {
      drop(batch, index, from, to, DropReason.PORT_DOWN);
      return;
    }
    ring.queue.completeFrames(batch.token, batch.address, batch.length, index, from, to);
    batch.publishedInPlace(index, from, to);
    counters.add(to - from, batch.bytes(index, from, to), 0);
  }

  /**
   * Frames in our own memory: for a guest with one ring together, as long as each has a plain
   * buffer; what is special goes its own way. Once the guest has no buffer the rest is dropped.
   */
  private void copyStraight(FrameBatch batch, long[] address, int[] index, int from, int to) {
    if (pairs != 1) {
      for (int k = from; k < to; k++) {
        copy(batch, index[k], address[index[k]], 0);
      }
      return;
    }
    GuestRing<ReceiveVirtqueue> ring = rings[0];
    int k = from;
    while (ring != null && k < to) {
      int end = k + ring.queue.deliverAll(address, batch.length, index, k, to);
      copied(batch, index, k, end);
      k = end;
      if (k < to && copy(batch, index[k], address[index[k++]], 0) == ReceiveVirtqueue.NO_BUFFER) {
        break;
      }
    }
    drop(batch, index, k, to, ring == null ? DropReason.PORT_DOWN : DropReason.NO_GUEST_BUFFER);
  }

  /**
   * Copies one frame.
   *
   * @param address where it lies
   * @param fromSnapshot how many of its bytes come from its snapshot instead
   */
  private int copy(FrameBatch batch, int i, long address, int fromSnapshot) {
    GuestRing<ReceiveVirtqueue> ring = rings[pairs == 1 ? 0 : pairOf(batch, i)];
    int result =
        ring == null
            ? ReceiveVirtqueue.BROKEN
            : ring.queue.deliver(
                batch.headers,
                i * FrameBatch.HEADER_STRIDE,
                fromSnapshot,
                address,
                batch.length[i]);
    if (result == ReceiveVirtqueue.DELIVERED) {
      one[0] = i;
      copied(batch, one, 0, 1);
    } else {
      counters.add(0, 0, 1);
      batch.dropped(i, dropReason(result).ordinal());
    }
    return result;
  }

  private void copied(FrameBatch batch, int[] index, int from, int to) {
    long bytes = batch.bytes(index, from, to);
    counters.add(to - from, bytes, 0);
    batch.copiedBytes += bytes;
    for (int k = from; k < to; k++) {
      batch.raiseOutcome(index[k], copiedOutcome(batch, index[k]));
    }
  }

  private void drop(FrameBatch batch, int[] index, int from, int to, DropReason reason) {
    counters.add(0, 0, to - from);
    for (int k = from; k < to; k++) {
      batch.dropped(index[k], reason.ordinal());
    }
  }

  /** What a copy for a guest counts as. */
  static int copiedOutcome(FrameBatch batch, int i) {
    int owner = batch.owner[i];
    if (owner != FrameBatch.HOST_POOL && (owner & 1) == 0) {
      return COPIED_MISDIRECTED;
    }
    return batch.copyReason[i] == CopyReason.NONE.ordinal() ? COPIED : COPIED_INELIGIBLE;
  }

  private static DropReason dropReason(int result) {
    return switch (result) {
      case ReceiveVirtqueue.NO_BUFFER -> DropReason.NO_GUEST_BUFFER;
      case ReceiveVirtqueue.TOO_SMALL -> DropReason.GUEST_BUFFER_TOO_SMALL;
      default -> DropReason.PORT_DOWN;
    };
  }

  /**
   * Spreads flows over queue pairs; frames of one flow stay on one. On a queue that a pair's ring
   * fills, copies go to that pair too, so that a flow keeps its order across both ways.
   */
  private int pairOf(FrameBatch batch, int i) {
    if (batch.fillingOwner != FrameBatch.HOST_POOL
        && OwnerIds.port(batch.fillingOwner) == portNumber) {
      return OwnerIds.queuePair(batch.fillingOwner);
    }
    return pairs == 0 ? 0 : Integer.remainderUnsigned(batch.flowHash(i), pairs);
  }

  @Override
  public Foreseen foresee(FrameBatch batch, int i, boolean mayTake) {
    try {
      return foreseeGuarded(batch, i, mayTake);
    } catch (InternalError e) {
      return Foreseen.dropped(DropReason.MEMORY_FAULT);
    }
  }

  private Foreseen foreseeGuarded(FrameBatch batch, int i, boolean mayTake) {
    int owner = batch.owner[i];
    boolean inPlace = mayTake && isMine(owner);
    int pair = inPlace ? OwnerIds.queuePair(owner) : pairs == 1 ? 0 : pairOf(batch, i);
    GuestRing<ReceiveVirtqueue> ring = rings[pair];
    if (inPlace && ring != null) {
      return Foreseen.sent(Outcome.WRITTEN_THROUGH, pair);
    }
    int result = ring == null ? ReceiveVirtqueue.BROKEN : ring.queue.foresee(batch.length[i]);
    return result == ReceiveVirtqueue.DELIVERED
        ? Foreseen.sent(Outcome.values()[copiedOutcome(batch, i)], pair)
        : Foreseen.dropped(dropReason(result));
  }

  @Override
  public int flush() {
    try {
      return flushGuarded();
    } catch (InternalError e) {
      memoryFault.accept(portNumber);
      return 0;
    } catch (RuntimeException e) {
      if (++flushFailures == LoopInput.FAILURES_MAX) {
        flushFailures = 0;
        memoryFault.accept(portNumber); // it may sleep on frames that it has
      }
      throw e;
    }
  }

  private int flushGuarded() {
    int work = 0;
    for (int i = 0; i < pairs; i++) {
      GuestRing<ReceiveVirtqueue> ring = rings[i];
      if (ring != null) {
        work += ring.flush();
      }
    }
    return work;
  }
}
