// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R0;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R1;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.R2;
import static io.iovtee.vswitch.nic.xdp.BpfAssembler.STACK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.linux.BpfAbi.Instruction;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import org.junit.jupiter.api.Test;

/** Encodings against the table of the instruction set document. */
class BpfAssemblerTest {
  @Test
  void encodesRegistersOffsetAndImmediate() {
    assertThat(new BpfAssembler().move(R2, R1).assemble()).containsExactly(0x12bfL);
    assertThat(new BpfAssembler().moveConstant(R0, -2).assemble())
        .containsExactly(0xfffffffe_0000_00b7L);
    assertThat(new BpfAssembler().addConstant(R2, 18).assemble())
        .containsExactly(0x00000012_0000_0207L);
    assertThat(new BpfAssembler().andConstant(R1, 0xff).assemble())
        .containsExactly(0x000000ff_0000_0157L);
    assertThat(new BpfAssembler().load(Instruction.BPF_W, R2, R1, 16).assemble())
        .containsExactly(0x00000000_0010_1261L);
    assertThat(new BpfAssembler().load(Instruction.BPF_H, R2, R1, 12).assemble())
        .containsExactly(0x00000000_000c_1269L);
    assertThat(new BpfAssembler().store(Instruction.BPF_W, STACK, -4, R1).assemble())
        .containsExactly(0x00000000_fffc_1a63L);
    assertThat(new BpfAssembler().storeConstant32(STACK, -4, 0xff).assemble())
        .containsExactly(0x000000ff_fffc_0a62L);
    assertThat(new BpfAssembler().add(R2, R1).assemble()).containsExactly(0x120fL);
    assertThat(new BpfAssembler().andConstant32(R1, -2).assemble())
        .containsExactly(0xfffffffe_0000_0154L);
    assertThat(new BpfAssembler().shiftLeft(R1, 2).shiftRight(R1, 4).assemble())
        .containsExactly(0x00000002_0000_0167L, 0x00000004_0000_0177L);
    assertThat(new BpfAssembler().fromNetwork16(R1).assemble())
        .containsExactly(0x00000010_0000_01dcL, 0x0000ffff_0000_0157L);
    assertThat(new BpfAssembler().call(51).exit().assemble())
        .containsExactly(0x00000033_0000_0085L, 0x95L);
  }

  @Test
  void mapTakesTwoInstructions() {
    try (Fd fd = Memfd.create("stands-for-a-map", 4096)) {
      assertThat(new BpfAssembler().loadMap(R1, fd).assemble())
          .containsExactly((long) fd.number() << 32 | 0x1118L, 0L);
    }
  }

  @Test
  void jumpsCountFromTheInstructionBehindThem() {
    long[] code =
        new BpfAssembler()
            .label("back")
            .jumpIfEqual(R1, 7, "out")
            .jumpIfGreater(R1, R2, "back")
            .jumpIfNotEqual(R1, 0, "next")
            .jumpIfNotEqual32(R1, -1, "next")
            .jumpIfLess(R1, 5, "next")
            .jump("next")
            .label("next")
            .label("out")
            .exit()
            .assemble();
    assertThat(code)
        .containsExactly(
            0x00000007_0005_0115L,
            0x00000000_fffe_212dL,
            0x00000000_0003_0155L,
            0xffffffff_0002_0156L,
            0x00000005_0001_01a5L,
            0x00000000_0000_0005L,
            0x95L);
  }

  @Test
  void refusesLabelsThatAreMissingOrDouble() {
    assertThatThrownBy(() -> new BpfAssembler().jumpIfEqual(R1, 0, "nowhere").assemble())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(() -> new BpfAssembler().label("a").label("a"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
