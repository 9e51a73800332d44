// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R0;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R9;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.STACK;

import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.BpfAbi;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Processors;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * What the programs of one interface and the switch share: by queue, the socket that its frames go
 * to, whether it is filtered, the program that filters it, and what was counted. Control thread.
 */
final class XdpMaps implements AutoCloseable {
  /** Where a program keeps the queue's number on its stack, as a key of these maps. */
  static final int QUEUE_ON_STACK = -4;

  /** What the programs count of a queue's frames, per processor. */
  enum Verdict {
    /** Let in, and handed to the queue's socket. */
    PASSED,
    /** Matched none of the queue's filters. */
    FILTERED,
    /** Longer than a buffer takes. */
    TOO_LONG,
    /** Would have gone to the socket, but there is none now. */
    UNSERVED;

    int offset() {
      return ordinal() * Long.BYTES;
    }
  }

  private static final int COUNTS_LENGTH = Verdict.values().length * Long.BYTES;

  private final int queues;
  private final int processors = Processors.possible();
  final Fd sockets;
  final Fd filtered;
  final Fd programs;
  final Fd counts;

  private XdpMaps(int queues, List<Fd> maps) {
    this.queues = queues;
    sockets = maps.get(0);
    filtered = maps.get(1);
    programs = maps.get(2);
    counts = maps.get(3);
  }

  /** What the programs did with a queue's frames. */
  record Counts(long passed, long filtered, long tooLong, long unserved) {}

  static XdpMaps create(int queues) {
    List<Fd> maps = new ArrayList<>();
    try {
      maps.add(map(BpfAbi.Bpf.BPF_MAP_TYPE_XSKMAP, 4, queues, "iovtee_sockets"));
      maps.add(map(BpfAbi.Bpf.BPF_MAP_TYPE_ARRAY, 4, queues, "iovtee_filtered"));
      maps.add(map(BpfAbi.Bpf.BPF_MAP_TYPE_PROG_ARRAY, 4, queues, "iovtee_filters"));
      maps.add(map(BpfAbi.Bpf.BPF_MAP_TYPE_PERCPU_ARRAY, COUNTS_LENGTH, queues, "iovtee_verdicts"));
      return new XdpMaps(queues, maps);
    } catch (RuntimeException e) {
      maps.forEach(Fd::close);
      throw e;
    }
  }

  private static Fd map(int type, int valueLength, int entries, String name) {
    return Bpf.createMap(type, Integer.BYTES, valueLength, entries, name);
  }

  static byte[] bytes(int number) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(number).array();
  }

  /** The number that an entry holds; 0 if there is no such entry. */
  static int read(Fd map, int queue) {
    byte[] value = new byte[Integer.BYTES];
    boolean there = Bpf.lookup(map, bytes(queue), value);
    return there ? ByteBuffer.wrap(value).order(ByteOrder.nativeOrder()).getInt() : 0;
  }

  /** Sums over the processors; zeros once the maps are closed. */
  Counts counts(int queue) {
    if (counts.isClosed()) {
      return new Counts(0, 0, 0, 0);
    }
    byte[] value = new byte[COUNTS_LENGTH * processors];
    if (!Bpf.lookup(counts, bytes(queue), value)) {
      throw new IllegalArgumentException("no such queue: queue=" + queue + ", queues=" + queues);
    }
    ByteBuffer all = ByteBuffer.wrap(value).order(ByteOrder.nativeOrder());
    long[] sums = new long[Verdict.values().length];
    for (int i = 0; i < sums.length * processors; i++) {
      sums[i % sums.length] += all.getLong(i * Long.BYTES);
    }
    return new Counts(sums[0], sums[1], sums[2], sums[3]);
  }

  /** Writes: R0 = the value of the queue on the stack, or null. Loses R1 to R5. */
  static void lookup(BpfAssembler code, Fd map) {
    code.loadMap(R1, map)
        .move(R2, STACK)
        .addConstant(R2, QUEUE_ON_STACK)
        .call(BpfAbi.Bpf.BPF_FUNC_map_lookup_elem);
  }

  /** Writes: adds one to a counter of the queue on the stack, then falls through to a label. */
  void count(BpfAssembler code, Verdict verdict, String then) {
    lookup(code, counts);
    code.jumpIfEqual(R0, 0, then)
        .load(Instruction.BPF_DW, R1, R0, verdict.offset())
        .addConstant(R1, 1)
        .store(Instruction.BPF_DW, R0, verdict.offset(), R1)
        .label(then);
  }

  /** Writes: counts what bpf_redirect_map answered in R0, and ends the program with it. */
  void exitRedirected(BpfAssembler code) {
    code.move(R9, R0).jumpIfNotEqual(R9, Program.XDP_REDIRECT, "unserved");
    count(code, Verdict.PASSED, "passed");
    code.move(R0, R9).exit().label("unserved");
    count(code, Verdict.UNSERVED, "was unserved");
    code.move(R0, R9).exit();
  }

  @Override
  public void close() {
    List.of(sockets, filtered, programs, counts).forEach(Fd::close);
  }
}
