// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R0;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R6;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.STACK;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.Veth;
import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.BpfAbi;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import io.iovtee.vswitch.nic.xdp.BpfAssembler;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An XDP program at the far end of a veth pair that sends each frame back as it came, or drops and
 * counts it. It runs wherever the kernel runs the far end's receive work: on the core that sent.
 *
 * <pre>
 *  entry = state[0]
 *  if entry.action is drop: entry.dropped++
 *  return entry.action
 * </pre>
 */
public final class Reflector implements AutoCloseable {
  /** The entry: {@code action(8) dropped(8)}. */
  private static final int ACTION = 0;

  private static final int DROPPED = 8;
  private static final int ENTRY_LENGTH = 16;
  private static final int KEY_ON_STACK = -4;
  private static final byte[] KEY = new byte[Integer.BYTES];

  private final Fd state;
  private final Fd program;
  private final Fd link;

  private Reflector(Fd state, Fd program, Fd link) {
    this.state = state;
    this.program = program;
    this.link = link;
  }

  /** Puts it at the far end; frames are dropped at first. */
  public static Reflector attach(Veth veth) {
    Fd state =
        Bpf.createMap(BpfAbi.Bpf.BPF_MAP_TYPE_ARRAY, KEY.length, ENTRY_LENGTH, 1, "iovtee_wire");
    Fd program = null;
    try {
      write(state, Program.XDP_DROP);
      program = Bpf.loadXdpProgram(instructions(state), "iovtee_wire");
      return new Reflector(state, program, link(program, veth));
    } catch (RuntimeException e) {
      if (program != null) {
        program.close();
      }
      state.close();
      throw e;
    }
  }

  private static Fd link(Fd program, Veth veth) {
    int result =
        Namespace.call(
            veth.namespace().name(),
            () -> {
              try (NetDevice device = NetDevice.open(veth.far())) {
                return Bpf.linkXdp(program, device.index(), Program.XDP_FLAGS_DRV_MODE);
              }
            });
    if (result < 0) {
      throw new ErrnoException("bpf(BPF_LINK_CREATE)", -result, "interface=" + veth.far());
    }
    return Fd.of(result, "XDP link of " + veth.far());
  }

  static long[] instructions(Fd state) {
    return new BpfAssembler()
        .storeConstant32(STACK, KEY_ON_STACK, 0)
        .loadMap(R1, state)
        .move(R2, STACK)
        .addConstant(R2, KEY_ON_STACK)
        .call(BpfAbi.Bpf.BPF_FUNC_map_lookup_elem)
        .jumpIfEqual(R0, 0, "end")
        .load(Instruction.BPF_DW, R6, R0, ACTION)
        .jumpIfNotEqual(R6, Program.XDP_DROP, "done")
        // One processor at a time runs the receive work of a queue, and there is one queue.
        .load(Instruction.BPF_DW, R1, R0, DROPPED)
        .addConstant(R1, 1)
        .store(Instruction.BPF_DW, R0, DROPPED, R1)
        .label("done")
        .move(R0, R6)
        .label("end")
        .exit()
        .assemble();
  }

  /** Sends frames back from now on. */
  public void reflect() {
    write(state, Program.XDP_TX);
  }

  /** Drops frames from now on, and counts them from 0. */
  public void drop() {
    write(state, Program.XDP_DROP);
  }

  private static void write(Fd state, int action) {
    ByteBuffer entry = ByteBuffer.allocate(ENTRY_LENGTH).order(ByteOrder.nativeOrder());
    Bpf.update(state, KEY, entry.putLong(ACTION, action).array());
  }

  /** Frames dropped since {@link #drop}. */
  public long dropped() {
    byte[] entry = new byte[ENTRY_LENGTH];
    if (!Bpf.lookup(state, KEY, entry)) {
      throw new PeerException("the far end's map has lost its entry");
    }
    return ByteBuffer.wrap(entry).order(ByteOrder.nativeOrder()).getLong(DROPPED);
  }

  @Override
  public void close() {
    link.close();
    program.close();
    state.close();
  }
}
