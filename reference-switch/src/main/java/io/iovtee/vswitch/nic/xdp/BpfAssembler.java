// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.Fd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes BPF instructions with named jump targets: what our XDP programs need, no more.
 *
 * <pre>
 *  one instruction, 8 bytes:  opcode(8) dst(4) src(4) offset(16) immediate(32)
 * </pre>
 *
 * @see <a href="https://docs.kernel.org/bpf/standardization/instruction-set.html">instruction
 *     set</a>
 */
public final class BpfAssembler {
  /** Result of a call, and of the program. */
  public static final int R0 = 0;

  /** First argument of a call; the program's context at its start. Lost by a call, as R2 to R5. */
  public static final int R1 = 1;

  public static final int R2 = 2;
  public static final int R3 = 3;
  public static final int R4 = 4;
  public static final int R5 = 5;

  /** First of the registers that survive calls. */
  public static final int R6 = 6;

  public static final int R7 = 7;
  public static final int R8 = 8;
  public static final int R9 = 9;

  /** End of the stack frame, read only; the stack grows down from it. */
  public static final int STACK = 10;

  private record Jump(int at, String label) {}

  private final List<Long> code = new ArrayList<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private final List<Jump> jumps = new ArrayList<>();

  /** {@code dst = src}. */
  public BpfAssembler move(int dst, int src) {
    return add(Instruction.BPF_ALU64 | Instruction.BPF_MOV | Instruction.BPF_X, dst, src, 0, 0);
  }

  /** {@code dst = value}. */
  public BpfAssembler moveConstant(int dst, int value) {
    return add(Instruction.BPF_ALU64 | Instruction.BPF_MOV | Instruction.BPF_K, dst, 0, 0, value);
  }

  /** {@code dst += value}. */
  public BpfAssembler addConstant(int dst, int value) {
    return add(Instruction.BPF_ALU64 | Instruction.BPF_ADD | Instruction.BPF_K, dst, 0, 0, value);
  }

  /** {@code dst &= value}. */
  public BpfAssembler andConstant(int dst, int value) {
    return add(Instruction.BPF_ALU64 | Instruction.BPF_AND | Instruction.BPF_K, dst, 0, 0, value);
  }

  /** {@code dst += src}. */
  public BpfAssembler add(int dst, int src) {
    return add(Instruction.BPF_ALU64 | Instruction.BPF_ADD | Instruction.BPF_X, dst, src, 0, 0);
  }

  /** {@code dst &= value} on the lower 32 bits; the upper ones become 0. */
  public BpfAssembler andConstant32(int dst, int value) {
    return add(Instruction.BPF_ALU | Instruction.BPF_AND | Instruction.BPF_K, dst, 0, 0, value);
  }

  /** {@code dst <<= bits}. */
  public BpfAssembler shiftLeft(int dst, int bits) {
    return add(Instruction.BPF_ALU64 | Instruction.BPF_LSH | Instruction.BPF_K, dst, 0, 0, bits);
  }

  /** {@code dst >>>= bits}. */
  public BpfAssembler shiftRight(int dst, int bits) {
    return add(Instruction.BPF_ALU64 | Instruction.BPF_RSH | Instruction.BPF_K, dst, 0, 0, bits);
  }

  /** Turns the lower 16 bits from network order into the machine's; the rest becomes 0. */
  public BpfAssembler fromNetwork16(int dst) {
    add(Instruction.BPF_ALU | Instruction.BPF_END | Instruction.BPF_TO_BE, dst, 0, 0, 16);
    // The verifier forgets what it knew of the register: 16 bits, as after the load.
    return andConstant(dst, 0xffff);
  }

  /**
   * {@code dst = memory[src + offset]}.
   *
   * @param width {@code BPF_B}, {@code BPF_H}, {@code BPF_W} or {@code BPF_DW}
   */
  public BpfAssembler load(int width, int dst, int src, int offset) {
    return add(Instruction.BPF_LDX | Instruction.BPF_MEM | width, dst, src, offset, 0);
  }

  /** {@code memory[dst + offset] = src}. */
  public BpfAssembler store(int width, int dst, int offset, int src) {
    return add(Instruction.BPF_STX | Instruction.BPF_MEM | width, dst, src, offset, 0);
  }

  /** {@code memory[dst + offset] = value}, 4 bytes. */
  public BpfAssembler storeConstant32(int dst, int offset, int value) {
    return add(Instruction.BPF_ST | Instruction.BPF_MEM | Instruction.BPF_W, dst, 0, offset, value);
  }

  /** {@code dst = map}; takes two instructions. */
  public BpfAssembler loadMap(int dst, Fd map) {
    int wide = Instruction.BPF_LD | Instruction.BPF_DW | Instruction.BPF_IMM;
    add(wide, dst, Instruction.BPF_PSEUDO_MAP_FD, 0, map.number());
    return add(0, 0, 0, 0, 0);
  }

  /** Calls a helper function of the kernel. */
  public BpfAssembler call(int function) {
    return add(Instruction.BPF_JMP | Instruction.BPF_CALL, 0, 0, 0, function);
  }

  /** Ends the program; R0 is its result. */
  public BpfAssembler exit() {
    return add(Instruction.BPF_JMP | Instruction.BPF_EXIT, 0, 0, 0, 0);
  }

  /** Jumps if dst equals a value. */
  public BpfAssembler jumpIfEqual(int dst, int value, String label) {
    return jump(Instruction.BPF_JEQ | Instruction.BPF_K, dst, 0, value, label);
  }

  /** Jumps if dst differs from a value. */
  public BpfAssembler jumpIfNotEqual(int dst, int value, String label) {
    return jump(Instruction.BPF_JNE | Instruction.BPF_K, dst, 0, value, label);
  }

  /** Compares the lower 32 bits. */
  public BpfAssembler jumpIfNotEqual32(int dst, int value, String label) {
    jumps.add(new Jump(code.size(), label));
    int operation = Instruction.BPF_JNE | Instruction.BPF_K;
    return add(Instruction.BPF_JMP32 | operation, dst, 0, 0, value);
  }

  /** Jumps if dst is less than a value, unsigned. */
  public BpfAssembler jumpIfLess(int dst, int value, String label) {
    return jump(Instruction.BPF_JLT | Instruction.BPF_K, dst, 0, value, label);
  }

  /** Jumps. */
  public BpfAssembler jump(String label) {
    return jump(Instruction.BPF_JA, 0, 0, 0, label);
  }

  /** Jumps if dst is greater than src, unsigned. */
  public BpfAssembler jumpIfGreater(int dst, int src, String label) {
    return jump(Instruction.BPF_JGT | Instruction.BPF_X, dst, src, 0, label);
  }

  private BpfAssembler jump(int operation, int dst, int src, int value, String label) {
    jumps.add(new Jump(code.size(), label));
    return add(Instruction.BPF_JMP | operation, dst, src, 0, value);
  }

  /** Names the next instruction. */
  public BpfAssembler label(String name) {
    if (labels.put(name, code.size()) != null) {
      throw new IllegalArgumentException("label is used twice: " + name);
    }
    return this;
  }

  private BpfAssembler add(int opcode, int dst, int src, int offset, int immediate) {
    code.add(
        (opcode & 0xffL)
            | (dst & 0xfL) << 8
            | (src & 0xfL) << 12
            | (offset & 0xffffL) << 16
            | (immediate & 0xffffffffL) << 32);
    return this;
  }

  /** The program, jumps resolved. */
  public long[] assemble() {
    long[] program = new long[code.size()];
    for (int i = 0; i < program.length; i++) {
      program[i] = code.get(i);
    }
    for (Jump jump : jumps) {
      Integer target = labels.get(jump.label());
      if (target == null) {
        throw new IllegalArgumentException("no such label: " + jump.label());
      }
      // Relative to the instruction behind the jump.
      int distance = target - jump.at() - 1;
      program[jump.at()] |= (distance & 0xffffL) << 16;
    }
    return program;
  }
}
