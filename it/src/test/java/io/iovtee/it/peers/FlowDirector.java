// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import io.iovtee.bench.peer.Veth;
import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;

/**
 * Stands in for a NIC's flow director, which no virtual device has: a BPF program at the far end of
 * a veth pair that chooses the near end's receive queue. A frame to {@code xx:xx:xx:xx:xx:qn} comes
 * in on queue {@code q}; one to a queue that is not there, on queue 0.
 */
public final class FlowDirector implements AutoCloseable {
  private static final int OPCODE_LOAD_W = 0x61;
  private static final int OPCODE_LOAD_B = 0x71;
  private static final int OPCODE_STORE_W = 0x63;
  private static final int OPCODE_MOVE = 0xbf;
  private static final int OPCODE_MOVE_CONSTANT = 0xb7;
  private static final int OPCODE_ADD_CONSTANT = 0x07;
  private static final int OPCODE_SHIFT_RIGHT = 0x77;
  private static final int OPCODE_JUMP_IF_GREATER = 0x2d;
  private static final int OPCODE_EXIT = 0x95;

  /** Offsets in {@code struct __sk_buff}. */
  private static final int QUEUE_MAPPING = 12;

  private static final int DATA = 76;
  private static final int DATA_END = 80;

  private static final int LAST_BYTE_OF_DESTINATION = 5;

  /** Leaves the frame to whoever comes next. */
  private static final int TCX_NEXT = -1;

  private final Fd program;
  private final Fd link;

  private FlowDirector(Fd program, Fd link) {
    this.program = program;
    this.link = link;
  }

  public static FlowDirector attach(Veth veth) {
    Fd program = Bpf.loadTrafficProgram(instructions(), "flow_director");
    int result =
        Namespace.call(
            veth.namespace().name(),
            () -> {
              try (NetDevice device = NetDevice.open(veth.far())) {
                return Bpf.linkTraffic(program, device.index(), false);
              }
            });
    if (result < 0) {
      program.close();
      throw new ErrnoException("bpf(BPF_LINK_CREATE)", -result, "interface=" + veth.far());
    }
    return new FlowDirector(program, Fd.of(result, "link of the flow director"));
  }

  private static long[] instructions() {
    return new long[] {
      instruction(OPCODE_LOAD_W, 2, 1, DATA, 0),
      instruction(OPCODE_LOAD_W, 3, 1, DATA_END, 0),
      instruction(OPCODE_MOVE, 4, 2, 0, 0),
      instruction(OPCODE_ADD_CONSTANT, 4, 0, 0, LAST_BYTE_OF_DESTINATION + 1),
      instruction(OPCODE_JUMP_IF_GREATER, 4, 3, 4, 0),
      instruction(OPCODE_LOAD_B, 0, 2, LAST_BYTE_OF_DESTINATION, 0),
      instruction(OPCODE_SHIFT_RIGHT, 0, 0, 0, 4),
      // The kernel counts from 1; 0 says that nothing was chosen.
      instruction(OPCODE_ADD_CONSTANT, 0, 0, 0, 1),
      instruction(OPCODE_STORE_W, 1, 0, QUEUE_MAPPING, 0),
      instruction(OPCODE_MOVE_CONSTANT, 0, 0, 0, TCX_NEXT),
      instruction(OPCODE_EXIT, 0, 0, 0, 0)
    };
  }

  private static long instruction(int opcode, int dst, int src, int offset, int immediate) {
    return opcode
        | (long) dst << 8
        | (long) src << 12
        | (offset & 0xffffL) << 16
        | (long) immediate << 32;
  }

  @Override
  public void close() {
    link.close();
    program.close();
  }
}
