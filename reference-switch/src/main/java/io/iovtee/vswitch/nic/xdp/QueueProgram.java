// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R0;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R3;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R6;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R7;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R8;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.STACK;

import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.BpfAbi;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.BpfAbi.XdpMd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import io.iovtee.vswitch.nic.xdp.XdpMaps.Verdict;
import java.util.Arrays;
import java.util.List;

/**
 * The program of one filtered queue: the matches are compiled into it, so a change of filters is
 * another program in its place. {@link XdpProgram} jumps here.
 *
 * <pre>
 *  if the frame is longer than a buffer takes: counts[queue].too_long++; return missed
 *  for each filter: if it matches
 *    action = redirect to sockets[queue], else unserved
 *    counts[queue].passed++ or unserved++; return action
 *  counts[queue].filtered++; return missed
 * </pre>
 *
 * <p>In copy mode it runs before the frame is copied, so no byte of a frame that it does not let
 * through reaches the UMEM. It never moves a frame's start or writes metadata. Immutable.
 */
final class QueueProgram implements AutoCloseable {
  /**
   * Filters of one queue: {@link #FILTER_COUNT_MAX} of the longest kind stay far below the kernel's
   * limit of a million verified instructions, and below what a jump reaches.
   */
  static final int FILTER_COUNT_MAX = 64;

  /** An Ethernet header: the kernel runs programs on nothing shorter, and no driver passes it. */
  private static final int FRAME_LENGTH_MIN = 14;

  private final List<FrameFilter> filters;
  private final Fd program;

  private QueueProgram(List<FrameFilter> filters, Fd program) {
    this.filters = filters;
    this.program = program;
  }

  /**
   * What becomes of frames that no guest and no socket of the switch gets: {@code XDP_PASS} or
   * {@code XDP_DROP}.
   *
   * @param missed they match no filter, or are too long
   * @param unserved the queue has no socket now
   */
  record Actions(int missed, int unserved) {}

  /**
   * Loads a program.
   *
   * @param filters none lets nothing through
   * @throws io.iovtee.vswitch.linux.ErrnoException with the verifier's words
   */
  static QueueProgram load(XdpMaps maps, int queue, List<FrameFilter> filters, Actions actions) {
    if (filters.size() > FILTER_COUNT_MAX) {
      throw new IllegalArgumentException(
          "a queue takes at most %d filters: queue=%d, filters=%d"
              .formatted(FILTER_COUNT_MAX, queue, filters.size()));
    }
    long[] code = instructions(maps, queue, filters, actions);
    return new QueueProgram(List.copyOf(filters), Bpf.loadXdpProgram(code, "iovtee_filter"));
  }

  static long[] instructions(XdpMaps maps, int queue, List<FrameFilter> filters, Actions actions) {
    BpfAssembler code = new BpfAssembler();
    code.move(R6, R1)
        .load(Instruction.BPF_W, R7, R6, XdpMd.DATA)
        .load(Instruction.BPF_W, R8, R6, XdpMd.DATA_END)
        .storeConstant32(STACK, XdpMaps.QUEUE_ON_STACK, queue)
        .move(R1, R7)
        .addConstant(R1, Umem.FRAME_LENGTH_MAX)
        .jumpIfGreater(R8, R1, "too long");
    for (int i = 0; i < filters.size(); i++) {
      String next = "filter " + (i + 1);
      new FilterCode(code, filters.get(i).match(), "filter " + i).emit("matched", next);
      code.label(next);
    }
    maps.count(code, Verdict.FILTERED, "filtered");
    code.moveConstant(R0, actions.missed()).exit().label("too long");
    maps.count(code, Verdict.TOO_LONG, "was too long");
    code.moveConstant(R0, actions.missed()).exit();
    if (!filters.isEmpty()) {
      code.label("matched");
      redirect(code, maps, queue, actions.unserved());
    }
    return code.assemble();
  }

  private static void redirect(BpfAssembler code, XdpMaps maps, int queue, int unserved) {
    code.loadMap(R1, maps.sockets)
        .moveConstant(R2, queue)
        .moveConstant(R3, unserved)
        .call(BpfAbi.Bpf.BPF_FUNC_redirect_map);
    maps.exitRedirected(code);
  }

  /**
   * Whether filters let a frame in: the kernel runs a program of them on it, once, with counters of
   * its own.
   */
  static boolean letsIn(List<FrameFilter> filters, byte[] frame) {
    Actions told = new Actions(Program.XDP_DROP, Program.XDP_PASS);
    try (XdpMaps maps = XdpMaps.create(1);
        QueueProgram program = load(maps, 0, filters, told)) {
      byte[] whole = Arrays.copyOf(frame, Math.max(frame.length, FRAME_LENGTH_MIN));
      return Bpf.testRun(program.program(), whole, whole.length) == Program.XDP_PASS;
    }
  }

  List<FrameFilter> filters() {
    return filters;
  }

  Fd program() {
    return program;
  }

  /** The kernel's number of the program. */
  int id() {
    return Bpf.programId(program);
  }

  /** The kernel keeps the program as long as it is in the map. */
  @Override
  public void close() {
    program.close();
  }
}
