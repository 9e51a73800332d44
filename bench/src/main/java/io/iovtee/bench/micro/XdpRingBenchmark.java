// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

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
 * The verbs of the four AF_XDP rings on plain memory, per entry, in steps of 64. What the kernel
 * does to the ring is in the figures, played by the same thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(XdpRingBenchmark.BATCH)
public class XdpRingBenchmark {
  static final int BATCH = 64;

  private final XdpRings rings = new XdpRings();

  @TearDown
  public void close() {
    rings.close();
  }

  /** Reserve, write, submit. */
  @Benchmark
  public long fill() {
    rings.fill(BATCH);
    return rings.kernelTakesBuffers();
  }

  /** Reserve, write, submit. */
  @Benchmark
  public long transmit() {
    rings.transmit(BATCH);
    return rings.kernelTakesFrames();
  }

  /** Peek, read address and length, release. */
  @Benchmark
  public int receive() {
    rings.kernelReceives(BATCH);
    return rings.receive(BATCH);
  }

  /** Peek, read the address, release. */
  @Benchmark
  public int complete() {
    rings.kernelCompletes(BATCH);
    return rings.complete(BATCH);
  }
}
