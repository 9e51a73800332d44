// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R0;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R6;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.STACK;

import io.iovtee.bench.peer.Veth;
import io.iovtee.vswitch.linux.BpfAbi;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import io.iovtee.vswitch.nic.xdp.BpfAssembler;

/**
 * An XDP program at the far end of a veth pair that sends each frame back as it came, or drops and
 * counts it. It runs wherever the kernel runs the far end's receive work: on the core that sent.
 *
 * <pre>
 *  if numbers.action is drop: numbers.dropped++
 *  return numbers.action
 * </pre>
 */
public final class Reflector implements AutoCloseable {
  /** Numbers of the program. */
  private static final int ACTION = 0;

  private static final int DROPPED = 1;
  private static final int NUMBERS = 2;

  private final EndProgram program;

  private Reflector(EndProgram program) {
    this.program = program;
  }

  /** Puts it at the far end; frames are dropped at first. */
  public static Reflector attach(Veth veth) {
    Reflector reflector =
        new Reflector(
            EndProgram.attach(
                veth.namespace().name(),
                veth.far(),
                "iovtee_wire",
                NUMBERS,
                (numbers, index) -> instructions(numbers)));
    reflector.drop();
    return reflector;
  }

  static long[] instructions(Fd numbers) {
    return new BpfAssembler()
        .storeConstant32(STACK, -EndProgram.KEY_LENGTH, 0)
        .loadMap(R1, numbers)
        .move(R2, STACK)
        .addConstant(R2, -EndProgram.KEY_LENGTH)
        .call(BpfAbi.Bpf.BPF_FUNC_map_lookup_elem)
        .jumpIfEqual(R0, 0, "end")
        .load(Instruction.BPF_DW, R6, R0, ACTION * Long.BYTES)
        .jumpIfNotEqual(R6, Program.XDP_DROP, "done")
        // One processor at a time runs the receive work of a queue, and there is one queue.
        .load(Instruction.BPF_DW, R1, R0, DROPPED * Long.BYTES)
        .addConstant(R1, 1)
        .store(Instruction.BPF_DW, R0, DROPPED * Long.BYTES, R1)
        .label("done")
        .move(R0, R6)
        .label("end")
        .exit()
        .assemble();
  }

  /** Sends frames back from now on. */
  public void reflect() {
    program.write(Program.XDP_TX, 0);
  }

  /** Drops frames from now on, and counts them from 0. */
  public void drop() {
    program.write(Program.XDP_DROP, 0);
  }

  /** Frames dropped since {@link #drop}. */
  public long dropped() {
    return program.read(DROPPED);
  }

  @Override
  public void close() {
    program.close();
  }
}
