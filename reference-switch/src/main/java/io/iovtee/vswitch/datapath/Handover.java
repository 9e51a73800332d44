// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Frames from one loop to a port that another loop serves: a ring of copies with one producer and
 * one consumer. The consumer leaves in each slot what became of the frame; the producer reads it
 * and counts the frame then, so that no frame counts as delivered that was lost behind the ring.
 */
public final class Handover implements TxQueue, FrameInput {
  /** Frames that can wait: a batch that the other loop sends, and one that comes meanwhile. */
  public static final int SIZE = 256;

  /** In {@link #results}: the port has taken the frame. Otherwise a drop reason's ordinal. */
  private static final byte DELIVERED = (byte) DropReason.NONE.ordinal();

  /** In {@link #frames}: no input counts the frame. */
  private static final int NOBODYS = -1;

  /** Kept so that the slots' memory lives as long as this ring. */
  private final MemorySegment memory =
      Arena.ofAuto().allocate((long) SIZE * HostPool.CHUNK_SIZE, 64);

  private final long slots = memory.address();
  private final int[] lengths = new int[SIZE];

  /** Written by the consumer before it moves the head. */
  private final byte[] results = new byte[SIZE];

  /** Written with volatile order by the producer, read with acquire order by the consumer. */
  private final AtomicLong tail = new AtomicLong();

  /** Written with release order by the consumer, read with acquire order by the producer. */
  private final AtomicLong head = new AtomicLong();

  private final Runnable wakeConsumer;
  private final boolean toGuest;

  // What follows is the producer's alone.

  /** Who counts the frame in a slot; null when it is counted already. */
  private final @Nullable InputCounters[] sources = new InputCounters[SIZE];

  /** What a delivered frame counts as, and the reason with copied_ineligible. */
  private final byte[] outcomes = new byte[SIZE];

  private final byte[] copyReasons = new byte[SIZE];

  /** Index in its batch of a frame that no flush has published yet, or {@link #NOBODYS}. */
  private final int[] frames = new int[SIZE];

  private @Nullable FrameBatch batch;
  private long batchNumber;

  /** Slots before this are filled; those from the tail on are not published. */
  private long filled;

  /** Slots before this are free again: what became of their frames was counted. */
  private long confirmed;

  /**
   * A ring between two threads; {@link #connect} makes those of a switch.
   *
   * @param toGuest whether the port is a guest's: then the frame counts as copied
   * @param wakeConsumer run by the producer after it has published frames
   */
  public Handover(boolean toGuest, Runnable wakeConsumer) {
    this.wakeConsumer = wakeConsumer;
    this.toGuest = toGuest;
  }

  /**
   * Connects a loop to a port of another loop.
   *
   * @param toGuest whether the port is a guest's: then the frame counts as copied
   * @return what undoes it
   */
  static Runnable connect(PollLoop from, PollLoop to, int port, boolean toGuest) {
    Handover ring = new Handover(toGuest, to::wake);
    LoopInput row = LoopInput.handover(ring, port);
    to.execute(() -> to.addInput(row)).join();
    from.execute(
            () -> {
              from.setOutput(port, ring);
              from.addNicOutput(ring); // flushed in each duty cycle
            })
        .join();
    return () -> {
      from.execute(() -> from.setOutput(port, null)).join();
      to.execute(() -> to.removeInput(row)).join();
      from.execute(
              () -> {
                ring.abandon();
                from.removeNicOutput(ring);
              })
          .join();
    };
  }

  @Override
  public void transmit(FrameBatch from, int[] index, int count, boolean mayTake) {
    if (!from.isUncounted()) {
      if (filled != tail.getPlain() && from.number != batchNumber) {
        flush(); // what a batch left that was broken off
      }
      batch = from;
      batchNumber = from.number;
    }
    confirm();
    for (int k = 0; k < count; k++) {
      int i = index[k];
      if (filled - confirmed == SIZE) {
        from.dropped(i, DropReason.HANDOVER_FULL.ordinal());
      } else if (from.length[i] > HostPool.FRAME_LENGTH_MAX) {
        from.dropped(i, DropReason.TOO_LONG.ordinal());
      } else {
        fill((int) filled & (SIZE - 1), from, i);
        filled++; // one by one: a fault in the memory of a frame costs that frame alone
      }
    }
  }

  @Override
  public Foreseen foresee(FrameBatch from, int i, boolean mayTake) {
    if (from.length[i] > HostPool.FRAME_LENGTH_MAX) {
      return Foreseen.dropped(DropReason.TOO_LONG);
    }
    return new Foreseen(Outcome.values()[delivered(from, i)], DropReason.NONE, 0, true);
  }

  /** What a frame counts as that the other loop sends. */
  private int delivered(FrameBatch from, int i) {
    return toGuest ? GuestOutput.copiedOutcome(from, i) : Outcome.FORWARDED.ordinal();
  }

  private void fill(int slot, FrameBatch from, int i) {
    from.copyToGuarded(i, slots + (long) slot * HostPool.CHUNK_SIZE);
    lengths[slot] = from.length[i];
    if (from.isUncounted()) {
      frames[slot] = NOBODYS;
      from.raiseOutcome(i, Outcome.FORWARDED.ordinal());
      return;
    }
    frames[slot] = i;
    outcomes[slot] = (byte) delivered(from, i);
    copyReasons[slot] = from.copyReason[i];
    from.handedOver(i);
  }

  /**
   * Publishes what was filled. Its batch was counted just before, so now it is known which frames
   * somebody on this loop got, too: their fate is decided whatever becomes of the copy.
   */
  @Override
  public int flush() {
    long from = tail.getPlain();
    if (filled != from) {
      for (long at = from; at < filled; at++) {
        int slot = (int) at & (SIZE - 1);
        sources[slot] = whoCounts(frames[slot]);
      }
      tail.set(filled); // volatile, as LoopSleep.wake demands
      wakeConsumer.run();
    }
    return confirm();
  }

  /** What became of the frames is read from the slots, and nobody says when it is there. */
  @Override
  public boolean awaitsCompletion() {
    return confirmed < filled;
  }

  /** Null for a frame that is counted already, and for one of a batch that was broken off. */
  private @Nullable InputCounters whoCounts(int frame) {
    FrameBatch from = batch;
    if (frame == NOBODYS || from == null || from.number != batchNumber) {
      return null;
    }
    return from.claim(frame) ? from.counters : null;
  }

  /** Counts the frames whose fate the consumer has left in their slots; frees the slots. */
  private int confirm() {
    long to = head.getAcquire();
    int n = (int) (to - confirmed);
    for (; confirmed < to; confirmed++) {
      int slot = (int) confirmed & (SIZE - 1);
      decide(slot, results[slot]);
    }
    return n;
  }

  private void decide(int slot, byte result) {
    InputCounters source = sources[slot];
    if (source != null) {
      sources[slot] = null;
      int outcome = result == DELIVERED ? outcomes[slot] : Outcome.DROPPED.ordinal();
      source.countDecided(lengths[slot], outcome, copyReasons[slot], result);
    }
  }

  /** The port is gone, and nobody takes what is still in the ring. */
  private void abandon() {
    flush();
    for (; confirmed < filled; confirmed++) {
      decide((int) confirmed & (SIZE - 1), (byte) DropReason.PORT_DOWN.ordinal());
    }
  }

  /** The frames stay in the ring's memory until {@link #release}. */
  @Override
  public int poll(FrameBatch to) {
    long at = head.getPlain();
    int n = (int) Math.min(FrameBatch.CAPACITY, tail.getAcquire() - at);
    for (int i = 0; i < n; i++) {
      int slot = (int) (at + i) & (SIZE - 1);
      to.add(
          slots + (long) slot * HostPool.CHUNK_SIZE,
          lengths[slot],
          slot,
          OwnerIds.HANDOVER,
          (byte) 0);
      to.needsNoSnapshot(i); // the ring's memory is ours alone
    }
    return n;
  }

  @Override
  public void arm(LoopSleep sleep) {
    if (tail.get() != head.getPlain()) {
      sleep.stayAwake();
    }
  }

  /** The batch's frames have been sent or not: their slots say so. Consumer. */
  public void release(FrameBatch sent) {
    for (int i = 0; i < sent.count; i++) {
      results[sent.token[i]] = result(sent, i);
    }
    head.setRelease(head.getPlain() + sent.count);
  }

  private static byte result(FrameBatch sent, int i) {
    if (sent.outcome[i] != Outcome.DROPPED.ordinal()) {
      return DELIVERED;
    }
    boolean noOutput = sent.dropReason[i] == DropReason.NONE.ordinal();
    return noOutput ? (byte) DropReason.PORT_DOWN.ordinal() : sent.dropReason[i];
  }
}
