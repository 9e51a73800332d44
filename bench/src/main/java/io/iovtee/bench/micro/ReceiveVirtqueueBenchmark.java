// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import io.iovtee.vswitch.virtio.VirtioNetHeader;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Each verb on a receive virtqueue alone, per buffer: a whole ring of them in steps of 64, one
 * thread for both sides, so all lines are in its cache. What is between two verbs is not timed.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(VirtqueuePair.SIZE)
public class ReceiveVirtqueueBenchmark {
  private static final int BATCH = VirtqueuePair.BATCH;
  private static final int SIZE = VirtqueuePair.SIZE;
  private static final int FRAME_LENGTH = 64;

  /** The guest has posted all its buffers. */
  @State(Scope.Thread)
  public static class Posted {
    final VirtqueuePair pair = new VirtqueuePair();
    final ReceiveVirtqueue ring = pair.receiveSide();
    final PostedBuffers buffers = new PostedBuffers();
    final int[] heads = new int[SIZE];
    final long[] frames = new long[SIZE];
    final int[] lengths = new int[SIZE];
    final int[] index = new int[SIZE];
    private final long source = pair.memory.regions().getFirst().hostAddress();

    @Setup(Level.Invocation)
    public void post() {
      pair.post(true, VirtqueuePair.BUFFER_LENGTH);
    }

    /** All buffers go back, whatever became of them. */
    @TearDown(Level.Invocation)
    public void giveAllBack() {
      while (ring.take(buffers, BATCH) > 0) {}
      while (ring.returned() > 0) {
        ring.deliver(new byte[0], 0, 0, source, FRAME_LENGTH);
      }
      for (int head = 0; head < ring.size(); head++) {
        ring.complete(head, 0); // those that are taken
      }
      ring.publish();
      pair.reapAll();
    }

    @TearDown
    public void close() {
      pair.close();
    }
  }

  /** And the switch has taken them. */
  public static class Taken extends Posted {
    @Setup(Level.Invocation)
    public void take() {
      for (int from = 0; from < SIZE; from += BATCH) {
        if (ring.take(buffers, BATCH) != BATCH) {
          throw new IllegalStateException("buffers are missing: took " + buffers.count);
        }
        for (int i = 0; i < BATCH; i++) {
          heads[from + i] = buffers.head[i];
          frames[from + i] = buffers.address[i] + VirtioNetHeader.LENGTH;
          lengths[from + i] = FRAME_LENGTH;
          index[from + i] = from + i;
        }
      }
    }
  }

  /** Takes heads, reads and checks their descriptors, translates their addresses. */
  @Benchmark
  public int take(Posted posted) {
    int taken = 0;
    for (int i = 0; i < SIZE; i += BATCH) {
      taken += posted.ring.take(posted.buffers, BATCH);
    }
    return taken;
  }

  /** The table of regions alone: a guest-physical range to a process address. */
  @Benchmark
  public long translate(Posted posted) {
    long sum = 0;
    GuestMemory memory = posted.pair.memory;
    for (int i = 0; i < SIZE; i++) {
      sum += memory.translateGuest(posted.pair.guestAddress(i), VirtqueuePair.BUFFER_LENGTH);
    }
    return sum;
  }

  /** Publish in place without the publishing: the headers and the used elements. */
  @Benchmark
  public void completeFrames(Taken taken) {
    for (int from = 0; from < SIZE; from += BATCH) {
      taken.ring.completeFrames(
          taken.heads, taken.frames, taken.lengths, taken.index, from, from + BATCH);
    }
  }

  /** The same with one used index and one look at the guest's wish for each 64. */
  @Benchmark
  public int completeFramesAndPublish(Taken taken) {
    int calls = 0;
    for (int from = 0; from < SIZE; from += BATCH) {
      taken.ring.completeFrames(
          taken.heads, taken.frames, taken.lengths, taken.index, from, from + BATCH);
      taken.ring.publish();
      calls += taken.ring.needsCall() ? 1 : 0;
    }
    return calls;
  }

  /** A used index for each buffer: what {@code publish} takes is the difference to the others. */
  @Benchmark
  public int completeAndPublishEach(Taken taken) {
    int published = 0;
    for (int i = 0; i < SIZE; i++) {
      taken.ring.completeFrame(taken.heads[i], taken.frames[i], taken.lengths[i]);
      published += taken.ring.publish();
    }
    return published;
  }

  /** A taken buffer to the copy path. */
  @Benchmark
  public void giveBack(Taken taken) {
    for (int i = 0; i < SIZE; i++) {
      taken.ring.giveBack(taken.heads[i]);
    }
  }

  /** Frames to be copied, each to a chunk of its own. */
  @State(Scope.Thread)
  public static class Frames {
    @Param({"64", "1514"})
    public int frameBytes;

    final ChunkFrames frames = new ChunkFrames(SIZE);

    @Setup
    public void setLengths() {
      frames.setLengths(frameBytes);
    }

    @TearDown
    public void close() {
      frames.close();
    }
  }

  /** The copy path, frame by frame, the header from a snapshot. */
  @Benchmark
  public int deliver(Posted posted, Frames from) {
    int delivered = 0;
    for (int i = 0; i < SIZE; i++) {
      int result =
          posted.ring.deliver(
              from.frames.snapshot, 0, FRAME_LENGTH, from.frames.address[i], from.frameBytes);
      delivered += result == ReceiveVirtqueue.DELIVERED ? 1 : 0;
    }
    return checked(delivered);
  }

  /** The copy path, batch by batch. */
  @Benchmark
  public int deliverAll(Posted posted, Frames from) {
    int delivered = 0;
    for (int i = 0; i < SIZE; i += BATCH) {
      ChunkFrames frames = from.frames;
      delivered +=
          posted.ring.deliverAll(frames.address, frames.length, frames.index, i, i + BATCH);
    }
    return checked(delivered);
  }

  private static int checked(int delivered) {
    if (delivered != SIZE) {
      throw new IllegalStateException("delivered " + delivered + " of " + SIZE);
    }
    return delivered;
  }
}
