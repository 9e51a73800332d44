// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.micro;

import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.HeaderParser;
import java.nio.ByteBuffer;
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

/** The header parser, per frame: a batch of 64 snapshots with different ports. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ParserBenchmark.BATCH)
public class ParserBenchmark {
  static final int BATCH = 64;
  static final int STRIDE = HeaderParser.CAPTURE_LENGTH_MAX;

  /** What the frames look like; all are UDP. */
  public enum Kind {
    /** Ethernet, IPv4, UDP. */
    IPV4,
    /** With a VLAN tag. */
    VLAN,
    /** Ethernet, IPv6, UDP. */
    IPV6,
    /** With a hop-by-hop and a destination options header between IPv6 and UDP. */
    IPV6_EXTENSIONS
  }

  @Param public Kind kind = Kind.IPV4;

  private final byte[] headers = new byte[BATCH * STRIDE];
  private final long[] keys = new long[BATCH * FlowKey.WORDS];
  private int captured;

  @Setup
  public void layHeaders() {
    for (int i = 0; i < BATCH; i++) {
      captured = layUdp(kind, 1000 + i, headers, i * STRIDE);
    }
    int bad = parse();
    long port = FlowKey.get(MatchField.TP_DST, keys, (BATCH - 1) * FlowKey.WORDS);
    if (bad != 0 || port != 1000 + BATCH - 1) {
      throw new IllegalStateException("the parser does not know its frames: port=" + port);
    }
  }

  @Benchmark
  public int parse() {
    int bad = 0;
    for (int i = 0; i < BATCH; i++) {
      bad +=
          HeaderParser.parse(headers, i * STRIDE, captured, captured, 1, keys, i * FlowKey.WORDS);
    }
    return bad;
  }

  /** Writes a frame without payload, padded to 64 bytes; answers its length. */
  static int layUdp(Kind kind, int port, byte[] target, int offset) {
    ByteBuffer frame = ByteBuffer.wrap(target, offset, STRIDE).slice();
    frame.put(new byte[] {2, 0, 0, 0, 0, 0x11, 2, 0, 0, 0, 0, 1});
    if (kind == Kind.VLAN) {
      frame.putShort((short) 0x8100).putShort((short) 42);
    }
    switch (kind) {
      case IPV4, VLAN -> {
        int rest = 64 - frame.position() - 2;
        frame.putShort((short) 0x0800).putShort((short) 0x4500).putShort((short) rest);
        frame.putInt(0).putInt(64 << 24 | 17 << 16).putInt(0xc6120001).putInt(0xc6120002);
        frame.putShort((short) 49152).putShort((short) port).putShort((short) (rest - 20));
      }
      case IPV6, IPV6_EXTENSIONS -> {
        boolean plain = kind == Kind.IPV6;
        frame.putShort((short) 0x86dd).putInt(0x60000000).putShort((short) (plain ? 16 : 32));
        frame.put((byte) (plain ? 17 : 0)).put((byte) 64);
        frame.putLong(0x20010db800000000L).putLong(1).putLong(0x20010db800000000L).putLong(2);
        if (!plain) {
          frame.putLong(60L << 56 | 0x0104_0000_0000L).putLong(17L << 56 | 0x0104_0000_0000L);
        }
        frame.putShort((short) 49152).putShort((short) port).putShort((short) 16);
      }
    }
    return kind == Kind.IPV6_EXTENSIONS ? 86 : kind == Kind.IPV6 ? 70 : 64;
  }
}
