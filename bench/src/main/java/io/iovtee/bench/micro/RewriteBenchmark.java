// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.vswitch.datapath.FrameEditor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Changes of a header with the checksums that cover it, per frame: a batch of 64, IPv4 and UDP. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ParserBenchmark.BATCH)
public class RewriteBenchmark {
  private static final int BATCH = ParserBenchmark.BATCH;
  private static final int STRIDE = ParserBenchmark.STRIDE;
  private static final int DESTINATION = 16;
  private static final int UDP_CHECKSUM = 40;

  private final byte[] headers = new byte[BATCH * STRIDE];
  private final long[] keys = new long[BATCH * FlowKey.WORDS];
  private final FrameEditor editor = new FrameEditor();
  private int captured;
  private int value;

  @Setup
  public void layHeaders() {
    for (int i = 0; i < BATCH; i++) {
      captured = ParserBenchmark.layUdp(ParserBenchmark.Kind.IPV4, 1000 + i, headers, i * STRIDE);
      headers[i * STRIDE + UDP_CHECKSUM] = 1; // 0 would say that there is none
      HeaderParser.parse(headers, i * STRIDE, captured, captured, 1, keys, i * FlowKey.WORDS);
    }
  }

  private FrameEditor open(int i) {
    editor.open(headers, i * STRIDE, captured, 1, keys, i * FlowKey.WORDS);
    return editor;
  }

  /** What each change begins with: where the headers are. To be taken off the others. */
  @Benchmark
  public FrameEditor open() {
    for (int i = 0; i < BATCH; i++) {
      open(i);
    }
    return editor;
  }

  /** Another address: two words, two checksums. */
  @Benchmark
  public int setAddress() {
    int to = ++value;
    for (int i = 0; i < BATCH; i++) {
      open(i).setIpv4(DESTINATION, to, 0xffff_ffffL);
    }
    return to;
  }

  /** Another port: one word, one checksum. */
  @Benchmark
  public int setPort() {
    int to = ++value & 0xffff;
    for (int i = 0; i < BATCH; i++) {
      open(i).setPort(2, to, 0xffff);
    }
    return to;
  }

  /** A tag in and out again: the MAC addresses move twice. */
  @Benchmark
  public void pushAndPopVlan() {
    for (int i = 0; i < BATCH; i++) {
      open(i).pushVlan(0x8100);
      editor.popVlan();
    }
  }
}
