// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.vswitch.linux.AddressSpace;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A frame from one place in memory to another, per frame, as the copy path does it. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(CopyBenchmark.BATCH)
public class CopyBenchmark {
  static final int BATCH = 64;

  /** 8 MiB on each side. */
  private static final int CHUNKS_MAX = 4096;

  /** How long the frames are. */
  @State(Scope.Thread)
  public static class Length {
    @Param({"64", "1514"})
    public int frameBytes;
  }

  /** Where the frames are. */
  @State(Scope.Thread)
  public static class Chunks {
    /** Frames that are gone through again and again: 16 stay in the first cache, 4096 do not. */
    @Param({"16", "4096"})
    public int chunks;

    final ChunkFrames sources = new ChunkFrames(CHUNKS_MAX);
    final ChunkFrames targets = new ChunkFrames(CHUNKS_MAX);
    private int last;

    @Setup
    public void checkChunks() {
      if (chunks > CHUNKS_MAX || Integer.bitCount(chunks) != 1) {
        throw new IllegalArgumentException("chunks must be a power of two <= 4096: " + chunks);
      }
    }

    @TearDown
    public void close() {
      sources.close();
      targets.close();
    }

    /** The next frame. */
    int next() {
      last = last + 1 & chunks - 1;
      return last;
    }
  }

  @Benchmark
  public void copy(Chunks where, Length length) {
    for (int i = 0; i < BATCH; i++) {
      int chunk = where.next();
      AddressSpace.copy(
          where.sources.address[chunk], where.targets.address[chunk], length.frameBytes);
    }
  }

  /** The private copy of a header: a cache line into an array. */
  @Benchmark
  public byte[] snapshot(Chunks where) {
    byte[] target = where.sources.snapshot;
    for (int i = 0; i < BATCH; i++) {
      AddressSpace.copyLineToArray(where.sources.address[where.next()], target, 0);
    }
    return target;
  }
}
