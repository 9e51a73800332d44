// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.Outcome;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.HostPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongSupplier;

/** A pipeline with a clock of the test's, four ports, and what leaves by them. */
final class Recorded {
  final List<Integer> ports = new ArrayList<>();

  /** Their bytes in hexadecimal. */
  final List<String> frames = new ArrayList<>();

  /** Whether each might have kept the frame's buffer. */
  final List<Boolean> mayTake = new ArrayList<>();

  /** The payload of each, see {@link TestFrames#payload}. */
  final List<Integer> payloads = new ArrayList<>();

  final InputCounters counters = new InputCounters();
  private final Pipeline pipeline;
  private final MemorySegment sent = Arena.ofAuto().allocate(HostPool.CHUNK_SIZE, 64);
  private final MemorySegment memory =
      Arena.ofAuto().allocate((long) FrameBatch.CAPACITY * HostPool.CHUNK_SIZE, 64);

  Recorded(FlowProgram program, LongSupplier clockNs) {
    pipeline = new Pipeline(program, new MacTable(), clockNs);
    for (int port = 1; port <= 4; port++) {
      pipeline.setOutput(port, new Output(port));
    }
  }

  /** Swaps the rules. */
  void setProgram(FlowProgram program) {
    pipeline.setProgram(program);
  }

  /** Frames that were not parsed. */
  long unparsed() {
    return pipeline.portRules().unparsed();
  }

  boolean passesUnparsed() {
    return pipeline.passesUnparsed(1);
  }

  /** From now on each frame is walked alone and each lookup noted. */
  void trace() {
    pipeline.startTrace();
  }

  void mirror(MirrorTable mirrors) {
    pipeline.setMirrors(mirrors);
  }

  /** The clock that rules' ages go by. */
  void setNow(long ns) {
    pipeline.setNow(0, ns);
  }

  void send(byte[] frame) {
    send(frame, FrameBatch.HOST_POOL);
  }

  /** From port 1, in one lender's buffer. */
  void send(byte[] frame, int owner) {
    send(List.of(frame), owner);
  }

  /** As one batch. */
  void send(List<byte[]> frames, int owner) {
    FrameBatch batch = new FrameBatch();
    for (byte[] frame : frames) {
      long chunk = memory.address() + (long) batch.count * HostPool.CHUNK_SIZE;
      long address = chunk + HostPool.FRAME_OFFSET;
      AddressSpace.copyFromArray(frame, 0, address, frame.length);
      batch.add(address, frame.length, 0, owner, (byte) 0);
    }
    pipeline.process(batch, 1, counters);
    counters.count(batch);
    pipeline.flushUsed();
  }

  private final class Output implements TxQueue {
    private final int port;

    Output(int port) {
      this.port = port;
    }

    @Override
    public void transmit(FrameBatch batch, int[] index, int count, boolean maybe) {
      for (int k = 0; k < count; k++) {
        batch.copyTo(index[k], sent.address());
        byte[] bytes = new byte[batch.length[index[k]]];
        AddressSpace.copyToArray(sent.address(), bytes, 0, bytes.length);
        frames.add(HexFormat.of().formatHex(bytes));
        ports.add(port);
        mayTake.add(maybe);
        long payload = batch.address[index[k]] + TestFrames.PAYLOAD_OFFSET;
        payloads.add(Integer.reverseBytes(AddressSpace.getInt(payload)));
        batch.raiseOutcome(index[k], Outcome.FORWARDED.ordinal());
      }
    }

    @Override
    public int flush() {
      return 0;
    }
  }
}
