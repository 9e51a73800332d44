// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.vswitch.datapath.Fate.Delivery;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Takes single frames through a pipeline of its own, the same code as a poll loop's, and tells what
 * would leave: nothing does. Used by one thread, which is no poll thread; its program counts only
 * what was traced.
 */
public final class FrameTrace {
  /** No trace is to meet the limit. */
  private static final int PUNTS_PER_SECOND = 1_000_000_000;

  private static final NextBuffer SWITCHS_OWN =
      new NextBuffer(FrameBatch.HOST_POOL, (byte) 0, FrameBatch.HOST_POOL);

  private final Pipeline pipeline;
  private final FrameBatch batch = new FrameBatch();
  private final InputCounters counters = new InputCounters();
  private final List<Sent> sent = new ArrayList<>();

  private final List<Delivery> deliveries = new ArrayList<>();

  /** The outputs that are asked what they would make of the frame; null: nobody is. */
  private @Nullable IntFunction<@Nullable TxQueue> asked;

  private final PuntQueue punts = new PuntQueue(PUNTS_PER_SECOND);

  /** Held so that the two chunks live as long as this: one for the frame, one to copy it to. */
  private final MemorySegment memory =
      Arena.ofAuto().allocate(2L * HostPool.CHUNK_SIZE, HostPool.CHUNK_SIZE);

  private final long frameAddress = memory.address() + HostPool.FRAME_OFFSET;
  private final long copyAddress = frameAddress + HostPool.CHUNK_SIZE;

  /**
   * A frame that would leave.
   *
   * @param port number of the port
   * @param bytes the whole frame, as it would be on the wire
   * @param flowHash what spreads flows over a guest's queue pairs
   * @param copy whether it is a mirror's copy
   */
  public record Sent(int port, byte[] bytes, int flowHash, boolean copy) {}

  /**
   * What becomes of a frame.
   *
   * @param rule index of the rule that decides it, or {@link Classifier#MISS}
   * @param visits lookups, groups and meters that the rules asked for, in order
   * @param sent what leaves, in no particular order; empty if it is dropped
   * @param punted whether the API gets it
   * @param dropped why nothing leaves but copies; NONE if something does
   */
  public record Decision(
      int rule, List<Visit> visits, List<Sent> sent, boolean punted, DropReason dropped) {}

  /**
   * A step of the frame's way behind the first lookup.
   *
   * @param place number of the table; number of the group or meter in the program
   * @param result index of the rule that was found, or {@link Classifier#MISS}; the bucket that was
   *     chosen, from 0, or -1; of a meter 1 if the frame passes
   */
  public record Visit(VisitKind kind, int place, int result) {}

  /**
   * Prepares traces with one table.
   *
   * @param program no loop's: {@link FlowProgram#uncounted}
   * @param macs what the {@code normal} action knows; a copy, since tracing learns
   * @param nowS the time that the table's ages refer to
   * @param ports numbers of the ports that are up
   */
  public FrameTrace(FlowProgram program, MacTable macs, int nowS, int[] ports) {
    pipeline = new Pipeline(program, macs);
    pipeline.setNow(nowS, 0);
    for (int port : ports) {
      pipeline.setOutput(port, new Recorder(port));
    }
    pipeline.setPunts(punts);
  }

  /** Traces from now on with the switch's mirrors; none before. */
  public void setMirrors(MirrorTable mirrors) {
    pipeline.setMirrors(mirrors);
  }

  /** Whether a switch would not even look at frames of this port. */
  public boolean passesUnparsed(int inPort) {
    return pipeline.passesUnparsed(inPort);
  }

  /**
   * What becomes of the frame.
   *
   * @param frame at most {@link HostPool#FRAME_LENGTH_MAX} bytes
   * @param inPort number of the port that it comes from
   */
  public Decision send(byte[] frame, int inPort) {
    if (frame.length > HostPool.FRAME_LENGTH_MAX) {
      throw new IllegalArgumentException(
          "a frame has at most %d bytes: length=%d"
              .formatted(HostPool.FRAME_LENGTH_MAX, frame.length));
    }
    long puntedBefore = punts.punted();
    run(frame, inPort, SWITCHS_OWN);
    boolean punted = punts.punted() > puntedBefore;
    punts.drain((_, _, _, _) -> {}); // room for the next one
    boolean dropped = batch.outcome[0] == Outcome.DROPPED.ordinal();
    return new Decision(
        pipeline.firstRule(),
        pipeline.visits(),
        List.copyOf(sent),
        punted,
        dropped ? DropReason.values()[batch.dropReason[0]] : DropReason.NONE);
  }

  /**
   * What becomes of the frame if it comes by a certain queue. On the thread of the loop that polls
   * it.
   *
   * @param buffer where it will lie
   * @param outputs the loop's, by port; null where there is none. They are only asked
   */
  Fate arrive(byte[] frame, int inPort, NextBuffer buffer, IntFunction<@Nullable TxQueue> outputs) {
    asked = outputs;
    try {
      run(frame, inPort, buffer);
    } finally {
      asked = null;
      punts.drain((_, _, _, _) -> {});
    }
    Outcome outcome = Outcome.values()[batch.outcome[0]];
    boolean undecided = batch.isUndecided(0);
    boolean dropped = outcome == Outcome.DROPPED && !undecided;
    return new Fate(
        buffer,
        outcome,
        dropped ? DropReason.values()[Math.max(0, batch.dropReason[0])] : DropReason.NONE,
        undecided,
        List.copyOf(deliveries));
  }

  /** What an output makes of a frame that another loop has handed over. The output's thread. */
  Foreseen handedOver(byte[] frame, @Nullable TxQueue output) {
    if (output == null) {
      return Foreseen.dropped(DropReason.PORT_DOWN);
    }
    batch.clear();
    AddressSpace.copyFromArray(frame, 0, frameAddress, frame.length);
    batch.add(frameAddress, frame.length, 0, OwnerIds.HANDOVER, (byte) 0);
    batch.needsNoSnapshot(0);
    return output.foresee(batch, 0, false);
  }

  private void run(byte[] frame, int inPort, NextBuffer buffer) {
    sent.clear();
    deliveries.clear();
    batch.clear();
    AddressSpace.copyFromArray(frame, 0, frameAddress, frame.length);
    batch.add(frameAddress, frame.length, 0, buffer.owner(), buffer.copyReason());
    batch.fillingOwner = buffer.filling();
    pipeline.startTrace();
    pipeline.process(batch, inPort, counters);
    pipeline.flushUsed();
  }

  /** An output that keeps what it is given. */
  private final class Recorder implements TxQueue {
    private final int port;

    Recorder(int port) {
      this.port = port;
    }

    @Override
    public void transmit(FrameBatch frames, int[] index, int count, boolean mayTake) {
      for (int k = 0; k < count; k++) {
        int i = index[k];
        byte[] bytes = new byte[frames.length[i]];
        frames.copyTo(i, copyAddress);
        AddressSpace.copyToArray(copyAddress, bytes, 0, bytes.length);
        sent.add(new Sent(port, bytes, frames.flowHash(i), frames.isUncounted()));
        deliver(frames, i, bytes, mayTake);
      }
    }

    private void deliver(FrameBatch frames, int i, byte[] bytes, boolean mayTake) {
      IntFunction<@Nullable TxQueue> outputs = asked;
      if (outputs == null || frames.isUncounted()) {
        frames.raiseOutcome(i, Outcome.FORWARDED.ordinal());
        return;
      }
      TxQueue output = outputs.apply(port);
      Foreseen foreseen =
          output == null
              ? Foreseen.dropped(DropReason.PORT_DOWN)
              : output.foresee(frames, i, mayTake);
      deliveries.add(new Delivery(port, bytes, foreseen));
      if (foreseen.handedOver()) {
        frames.handedOver(i);
      } else if (foreseen.outcome() == Outcome.DROPPED) {
        frames.dropped(i, foreseen.dropped().ordinal());
      } else {
        frames.raiseOutcome(i, foreseen.outcome().ordinal());
      }
    }

    @Override
    public int flush() {
      return 0;
    }
  }
}
