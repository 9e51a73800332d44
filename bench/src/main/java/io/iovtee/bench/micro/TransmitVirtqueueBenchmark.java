// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.vswitch.virtio.TransmitFrames;
import io.iovtee.vswitch.virtio.TransmitVirtqueue;
import io.iovtee.vswitch.virtio.VirtioNetHeader;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Each verb on a transmit virtqueue alone, per frame; see {@link ReceiveVirtqueueBenchmark}. The
 * length of a frame does not matter here: nothing copies it.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(VirtqueuePair.SIZE)
public class TransmitVirtqueueBenchmark {
  private static final int BATCH = VirtqueuePair.BATCH;
  private static final int SIZE = VirtqueuePair.SIZE;
  private static final int BUFFER_LENGTH = VirtioNetHeader.LENGTH + 64;

  /** The guest has frames to be sent in all its buffers. */
  @State(Scope.Thread)
  public static class Sent {
    final VirtqueuePair pair = new VirtqueuePair();
    final TransmitVirtqueue ring = pair.transmitSide();
    final TransmitFrames frames = new TransmitFrames();
    final int[] heads = new int[SIZE];

    @Setup(Level.Invocation)
    public void send() {
      pair.post(false, BUFFER_LENGTH);
    }

    @TearDown(Level.Invocation)
    public void completeAll() {
      while (ring.takeTransmit(frames, BATCH) > 0) {}
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
  public static class Taken extends Sent {
    @Setup(Level.Invocation)
    public void take() {
      for (int from = 0; from < SIZE; from += BATCH) {
        if (ring.takeTransmit(frames, BATCH) != BATCH) {
          throw new IllegalStateException("frames are missing: took " + frames.count);
        }
        System.arraycopy(frames.head, 0, heads, from, BATCH);
      }
    }
  }

  /** Takes frames: heads, descriptors, addresses, virtio-net headers, the first word of each. */
  @Benchmark
  public int take(Sent sent) {
    int taken = 0;
    for (int i = 0; i < SIZE; i += BATCH) {
      taken += sent.ring.takeTransmit(sent.frames, BATCH);
    }
    return taken;
  }

  /** Used elements, and one used index for each 64. */
  @Benchmark
  public int completeAndPublish(Taken taken) {
    int published = 0;
    for (int from = 0; from < SIZE; from += BATCH) {
      taken.ring.completeRead(taken.heads, from, from + BATCH);
      published += taken.ring.publish();
    }
    return published;
  }
}
