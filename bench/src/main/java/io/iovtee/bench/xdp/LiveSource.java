// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R0;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R3;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.STACK;

import io.iovtee.vswitch.linux.BpfAbi;
import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.LiveFrames;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.nic.xdp.BpfAssembler;

/**
 * The far end of a veth pair as a source: copies of one frame, as fast as a core makes them. The
 * near end's receive work runs on the same core. One thread, which enters the pair's namespace for
 * good.
 *
 * <pre>
 *  numbers.sent++
 *  return redirect(far end)
 * </pre>
 *
 * <p>The program is attached to the far end because {@link LiveFrames} wants it so; frames that the
 * near end sends would be sent back, and counted.
 */
final class LiveSource implements AutoCloseable {
  private static final int SENT = 0;

  private final EndProgram program;
  private final LiveFrames frames;

  private LiveSource(EndProgram program, LiveFrames frames) {
    this.program = program;
    this.frames = frames;
  }

  /** Prepares, and enters the namespace. */
  static LiveSource open(String netns, String far, byte[] frame) {
    Namespace.enter(netns);
    EndProgram program = EndProgram.attach(netns, far, "iovtee_source", 1, LiveSource::code);
    return new LiveSource(program, new LiveFrames(program.program(), frame));
  }

  static long[] code(Fd numbers, int far) {
    return new BpfAssembler()
        .storeConstant32(STACK, -EndProgram.KEY_LENGTH, 0)
        .loadMap(R1, numbers)
        .move(R2, STACK)
        .addConstant(R2, -EndProgram.KEY_LENGTH)
        .call(BpfAbi.Bpf.BPF_FUNC_map_lookup_elem)
        .jumpIfEqual(R0, 0, "end")
        // One thread sends.
        .load(Instruction.BPF_DW, R3, R0, SENT * Long.BYTES)
        .addConstant(R3, 1)
        .store(Instruction.BPF_DW, R0, SENT * Long.BYTES, R3)
        .moveConstant(R1, far)
        .moveConstant(R2, 0)
        .call(BpfAbi.Bpf.BPF_FUNC_redirect)
        .label("end")
        .exit()
        .assemble();
  }

  /** Sends so many frames; fewer if a signal comes, see {@link #sent}. */
  void send(int count) {
    int result = frames.send(count);
    if (result < 0 && result != -Errno.EINTR) {
      throw new ErrnoException(
          "bpf(BPF_PROG_TEST_RUN)", -result, program.program() + "; it needs Linux 5.18");
    }
  }

  /** Frames sent so far. */
  long sent() {
    return program.read(SENT);
  }

  @Override
  public void close() {
    frames.close();
    program.close();
  }
}
