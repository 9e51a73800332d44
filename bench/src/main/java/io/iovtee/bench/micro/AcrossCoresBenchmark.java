// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.api.DropReason;
import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.Handover;
import io.iovtee.vswitch.datapath.Mailbox;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.virtio.ReceiveVirtqueue;
import io.iovtee.vswitch.virtio.TransmitFrames;
import io.iovtee.vswitch.virtio.TransmitVirtqueue;
import io.iovtee.vswitch.virtio.VirtioNetHeader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The rings with their two sides on two cores, per entry: what the measured side needs for a batch
 * of 64, waiting for the other side included. So it is the slower side that is measured, and most
 * of its time are lines that come from the other core.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(AcrossCoresBenchmark.BATCH)
public class AcrossCoresBenchmark {
  static final int BATCH = 64;
  private static final int FRAME_LENGTH = 64;

  /** A network function that posts each buffer again at once. */
  @State(Scope.Thread)
  public static class Receiver {
    final VirtqueuePair pair = new VirtqueuePair();
    final ReceiveVirtqueue ring = pair.receiveSide();
    final PostedBuffers buffers = new PostedBuffers();
    final long[] frames = new long[BATCH];
    final int[] lengths = new int[BATCH];
    final int[] index = new int[BATCH];
    final Partner function;

    /** For JMH. */
    public Receiver() {
      for (int i = 0; i < BATCH; i++) {
        lengths[i] = FRAME_LENGTH;
        index[i] = i;
      }
      pair.post(true, VirtqueuePair.BUFFER_LENGTH);
      function = new Partner(() -> pair.repost(true, VirtqueuePair.BUFFER_LENGTH));
    }

    @TearDown
    public void close() {
      function.close();
      pair.close();
    }
  }

  /** Takes posted buffers and publishes frames in place. */
  @Benchmark
  public int receiveVirtqueue(Receiver guest) {
    PostedBuffers buffers = guest.buffers;
    int left = BATCH;
    while (left > 0) {
      int count = guest.ring.take(buffers, left);
      if (count == 0) {
        guest.function.await();
        continue;
      }
      guest.function.answered();
      for (int i = 0; i < count; i++) {
        guest.frames[i] = buffers.address[i] + VirtioNetHeader.LENGTH;
      }
      guest.ring.completeFrames(buffers.head, guest.frames, guest.lengths, guest.index, 0, count);
      guest.ring.publish();
      left -= count;
    }
    return left;
  }

  /** A network function that sends each buffer again at once. */
  @State(Scope.Thread)
  public static class Sender {
    private static final int BUFFER_LENGTH = VirtioNetHeader.LENGTH + FRAME_LENGTH;

    final VirtqueuePair pair = new VirtqueuePair();
    final TransmitVirtqueue ring = pair.transmitSide();
    final TransmitFrames frames = new TransmitFrames();
    final Partner function;

    /** For JMH. */
    public Sender() {
      pair.post(false, BUFFER_LENGTH);
      function = new Partner(() -> pair.repost(false, BUFFER_LENGTH));
    }

    @TearDown
    public void close() {
      function.close();
      pair.close();
    }
  }

  /** Takes frames that the guest sends, and completes them. */
  @Benchmark
  public int transmitVirtqueue(Sender guest) {
    int left = BATCH;
    while (left > 0) {
      int count = guest.ring.takeTransmit(guest.frames, left);
      if (count == 0) {
        guest.function.await();
        continue;
      }
      guest.function.answered();
      guest.ring.completeRead(guest.frames.head, 0, count);
      guest.ring.publish();
      left -= count;
    }
    return left;
  }

  /** Another loop, which copies each frame out of the ring as it would into a guest's buffer. */
  @State(Scope.Thread)
  public static class OtherLoop {
    final Handover ring = new Handover(true, () -> {});
    final ChunkFrames sources = new ChunkFrames(BATCH);
    final FrameBatch sent = new FrameBatch();
    final int[] index = new int[BATCH];
    private final ChunkFrames targets = new ChunkFrames(FrameBatch.CAPACITY);
    private final FrameBatch received = new FrameBatch();
    final Partner loop = new Partner(this::turn);

    private void turn() {
      received.clear();
      int count = ring.poll(received);
      for (int i = 0; i < count; i++) {
        AddressSpace.copy(received.address[i], targets.address[i], received.length[i]);
      }
      if (count > 0) {
        ring.release(received);
      }
    }

    @TearDown
    public void close() {
      loop.close();
      sources.close();
      targets.close();
    }
  }

  /** Frames to a port that another loop serves. */
  @Benchmark
  public int handover(OtherLoop other) {
    FrameBatch batch = other.sent;
    batch.clear();
    for (int i = 0; i < BATCH; i++) {
      batch.add(other.sources.address[i], FRAME_LENGTH, i, FrameBatch.HOST_POOL, (byte) 0);
      other.index[i] = i;
    }
    int left = BATCH;
    while (left > 0) {
      other.ring.transmit(batch, other.index, left, false);
      other.ring.flush();
      int refused = takeBackRefused(batch, other.index, left);
      if (refused == left) {
        other.loop.await();
      } else {
        other.loop.answered();
      }
      left = refused;
    }
    return left;
  }

  /** The frames for which there was no room, as if nobody had tried. */
  private static int takeBackRefused(FrameBatch batch, int[] index, int count) {
    int refused = 0;
    for (int k = 0; k < count; k++) {
      int i = index[k];
      if (batch.dropReason[i] == DropReason.HANDOVER_FULL.ordinal()) {
        batch.dropReason[i] = 0;
        index[refused++] = i;
      }
    }
    return refused;
  }

  /** The kernel on the other core. */
  @State(Scope.Thread)
  public static class Kernel {
    final XdpRings rings = new XdpRings();
    long read;
    final Partner kernel = new Partner(this::turn);

    private void turn() {
      rings.kernelReceives(BATCH);
      read += rings.kernelTakesBuffers();
    }

    @TearDown
    public void close() {
      kernel.close();
      rings.close();
    }
  }

  /** Received frames out of the Rx ring, and as many buffers into the fill ring. */
  @Benchmark
  public int xdpReceiveAndFill(Kernel kernel) {
    int left = BATCH;
    while (left > 0) {
      int count = kernel.rings.receive(left);
      if (count == 0) {
        kernel.kernel.await();
        continue;
      }
      kernel.kernel.answered();
      left -= count;
    }
    for (left = BATCH; left > 0; ) {
      int count = kernel.rings.fill(left);
      if (count == 0) {
        kernel.kernel.await();
      } else {
        kernel.kernel.answered();
      }
      left -= count;
    }
    return left;
  }

  /** A loop with nothing to do but commands. */
  @State(Scope.Thread)
  public static class CommandTaker {
    final Mailbox mailbox = new Mailbox();
    final Partner loop = new Partner(mailbox::runOne);

    @TearDown
    public void close() {
      loop.close();
    }
  }

  /** A command to a loop and its answer back. */
  @Benchmark
  @OperationsPerInvocation(1)
  public int command(CommandTaker taker) {
    CompletableFuture<Integer> answer = taker.mailbox.submit(() -> 1);
    while (!answer.isDone()) {
      taker.loop.await();
    }
    taker.loop.answered();
    return answer.join();
  }
}
