// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R0;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R3;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R6;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R8;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.STACK;

import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.BpfAbi;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.BpfAbi.XdpMd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import io.iovtee.vswitch.nic.xdp.XdpMaps.Verdict;
import java.util.List;

/**
 * The XDP program of one interface: gives each frame to the socket of the queue that it came in on,
 * and, where a queue is filtered, leaves the frame to that queue's {@link QueueProgram}.
 *
 * <pre>
 *  if the queue is none of ours: pass to the host's own network stack
 *  if filtered[queue]
 *    go on in filters[queue]; if it is missing: counts[queue].filtered++; return missed
 *  action = redirect to sockets[queue], else unserved
 *  if action is not redirect: counts[queue].unserved++
 *  return action
 * </pre>
 *
 * <p>Filters change by one write of one map entry, while frames run: each frame meets the old
 * program or the new one. Written as bytecode here, so that neither clang nor a library is needed.
 * Control thread.
 */
final class XdpProgram implements AutoCloseable {
  private final XdpMaps maps;
  private final QueueProgram.Actions actions;
  private final Fd program;

  /** By queue; null where nothing is filtered. */
  private final QueueProgram[] filters;

  private XdpProgram(XdpMaps maps, int queues, QueueProgram.Actions actions, Fd program) {
    this.maps = maps;
    this.actions = actions;
    this.program = program;
    filters = new QueueProgram[queues];
  }

  /**
   * Loads the program, attached to nothing.
   *
   * @param queues how many of the interface's receive queues are ours, from 0 on
   */
  static XdpProgram load(int queues, QueueProgram.Actions actions) {
    XdpMaps maps = XdpMaps.create(queues);
    try {
      return new XdpProgram(
          maps, queues, actions, Bpf.loadXdpProgram(instructions(maps, actions), "iovtee_xdp"));
    } catch (RuntimeException e) {
      maps.close();
      throw e;
    }
  }

  static long[] instructions(XdpMaps maps, QueueProgram.Actions actions) {
    BpfAssembler code = new BpfAssembler();
    code.move(R6, R1)
        .load(Instruction.BPF_W, R8, R6, XdpMd.RX_QUEUE_INDEX)
        .store(Instruction.BPF_W, STACK, XdpMaps.QUEUE_ON_STACK, R8);
    XdpMaps.lookup(code, maps.filtered);
    // A queue that the maps do not know was left to the host.
    code.jumpIfEqual(R0, 0, "not ours")
        .load(Instruction.BPF_W, R1, R0, 0)
        .jumpIfEqual(R1, 0, "redirect")
        .move(R1, R6)
        .loadMap(R2, maps.programs)
        .move(R3, R8)
        .call(BpfAbi.Bpf.BPF_FUNC_tail_call);
    // The call returns only if there is nothing to call: then nothing is let in.
    maps.count(code, Verdict.FILTERED, "filtered");
    code.moveConstant(R0, actions.missed())
        .exit()
        .label("redirect")
        .loadMap(R1, maps.sockets)
        .move(R2, R8)
        .moveConstant(R3, actions.unserved())
        .call(BpfAbi.Bpf.BPF_FUNC_redirect_map);
    maps.exitRedirected(code);
    code.label("not ours").moveConstant(R0, Program.XDP_PASS).exit();
    return code.assemble();
  }

  /**
   * Attaches the program, in the calling thread's network namespace.
   *
   * @param flags {@code XDP_FLAGS_DRV_MODE} or {@code XDP_FLAGS_SKB_MODE}
   * @return the link, which holds the program until it is closed, or a negative errno
   */
  int attach(int interfaceIndex, int flags) {
    return Bpf.linkXdp(program, interfaceIndex, flags);
  }

  /** The kernel's number of the program. */
  int id() {
    return Bpf.programId(program);
  }

  /** Gives a queue's frames to a bound socket. */
  void serve(int queue, Fd socket) {
    Bpf.update(maps.sockets, XdpMaps.bytes(queue), XdpMaps.bytes(socket.number()));
  }

  /** Gives a queue's frames to nobody. */
  void unserve(int queue) {
    boolean unused = Bpf.delete(maps.sockets, XdpMaps.bytes(queue));
  }

  /**
   * Lets only frames into a queue that match one of the filters. At no moment is a frame let in
   * that matches neither what was there before nor what is there then.
   *
   * @param wanted none lets nothing in; {@link #openToAll} is the other thing
   * @throws io.iovtee.vswitch.linux.ErrnoException with the verifier's words; the queue is as
   *     before
   */
  void filter(int queue, List<FrameFilter> wanted) {
    QueueProgram next = QueueProgram.load(maps, queue, wanted, actions);
    QueueProgram last = filters[queue];
    try {
      Bpf.update(maps.programs, XdpMaps.bytes(queue), XdpMaps.bytes(next.program().number()));
      Bpf.update(maps.filtered, XdpMaps.bytes(queue), XdpMaps.bytes(1));
    } catch (RuntimeException e) {
      next.close();
      throw e;
    }
    filters[queue] = next;
    if (last != null) {
      last.close();
    }
  }

  /** Whether the kernel says that just these filters are in force: what was written, read back. */
  boolean isFilteredBy(int queue, List<FrameFilter> wanted) {
    QueueProgram mine = filters[queue];
    return mine != null
        && mine.filters().equals(wanted)
        && isFiltered(queue)
        && XdpMaps.read(maps.programs, queue) == mine.id();
  }

  /** Lets every frame into a queue again. */
  void openToAll(int queue) {
    Bpf.update(maps.filtered, XdpMaps.bytes(queue), XdpMaps.bytes(0));
    boolean unused = Bpf.delete(maps.programs, XdpMaps.bytes(queue));
    QueueProgram last = filters[queue];
    filters[queue] = null;
    if (last != null) {
      last.close();
    }
  }

  /** Whether only frames that match a filter get into a queue. */
  boolean isFiltered(int queue) {
    return XdpMaps.read(maps.filtered, queue) != 0;
  }

  /** What the programs did with a queue's frames, since they were loaded. */
  XdpMaps.Counts counts(int queue) {
    return maps.counts(queue);
  }

  @Override
  public void close() {
    program.close();
    for (QueueProgram filter : filters) {
      if (filter != null) {
        filter.close();
      }
    }
    maps.close();
  }
}
