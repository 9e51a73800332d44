// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/** Numbers of bpf(2) and of the instructions that the XDP program uses. */
public final class BpfAbi {
  private BpfAbi() {}

  /** Commands, types and helper functions of {@code linux/bpf.h}. */
  @CConstants(header = "linux/bpf.h")
  public static final class Bpf {
    static final int BPF_MAP_CREATE = 0;
    static final int BPF_MAP_LOOKUP_ELEM = 1;
    static final int BPF_MAP_UPDATE_ELEM = 2;
    static final int BPF_MAP_DELETE_ELEM = 3;
    static final int BPF_PROG_LOAD = 5;
    static final int BPF_PROG_TEST_RUN = 10;
    static final int BPF_OBJ_GET_INFO_BY_FD = 15;
    static final int BPF_LINK_CREATE = 28;
    public static final int BPF_MAP_TYPE_ARRAY = 2;
    public static final int BPF_MAP_TYPE_PROG_ARRAY = 3;
    public static final int BPF_MAP_TYPE_PERCPU_ARRAY = 6;
    public static final int BPF_MAP_TYPE_DEVMAP = 14;
    public static final int BPF_MAP_TYPE_XSKMAP = 17;
    public static final int BPF_PROG_TYPE_SCHED_CLS = 3;
    public static final int BPF_PROG_TYPE_XDP = 6;
    static final int BPF_XDP = 37;
    static final int BPF_OBJ_NAME_LEN = 16;
    static final int BPF_F_MMAPABLE = 1024;
    static final int BPF_F_TEST_XDP_LIVE_FRAMES = 2;
    public static final int BPF_FUNC_map_lookup_elem = 1;
    public static final int BPF_FUNC_tail_call = 12;
    public static final int BPF_FUNC_redirect = 23;
    public static final int BPF_FUNC_redirect_map = 51;
    public static final int BPF_FUNC_xdp_adjust_tail = 65;
    public static final int BPF_FUNC_xdp_store_bytes = 190;

    private Bpf() {}
  }

  /** Parts of an instruction's code byte, and of its registers. */
  @CConstants(header = {"linux/bpf.h", "linux/bpf_common.h"})
  public static final class Instruction {
    public static final int BPF_LD = 0x00;
    public static final int BPF_LDX = 0x01;
    public static final int BPF_ST = 0x02;
    public static final int BPF_STX = 0x03;
    public static final int BPF_ALU = 0x04;
    public static final int BPF_JMP = 0x05;
    public static final int BPF_JMP32 = 0x06;
    public static final int BPF_ALU64 = 0x07;
    public static final int BPF_W = 0x00;
    public static final int BPF_H = 0x08;
    public static final int BPF_B = 0x10;
    public static final int BPF_DW = 0x18;
    public static final int BPF_IMM = 0x00;
    public static final int BPF_MEM = 0x60;
    public static final int BPF_ADD = 0x00;
    public static final int BPF_AND = 0x50;
    public static final int BPF_LSH = 0x60;
    public static final int BPF_RSH = 0x70;
    public static final int BPF_MOV = 0xb0;
    public static final int BPF_END = 0xd0;
    public static final int BPF_TO_BE = 0x08;
    public static final int BPF_K = 0x00;
    public static final int BPF_X = 0x08;
    public static final int BPF_JA = 0x00;
    public static final int BPF_JEQ = 0x10;
    public static final int BPF_JGT = 0x20;
    public static final int BPF_JNE = 0x50;
    public static final int BPF_JLT = 0xa0;
    public static final int BPF_CALL = 0x80;
    public static final int BPF_EXIT = 0x90;
    public static final int BPF_PSEUDO_MAP_FD = 1;

    private Instruction() {}
  }

  /** What an XDP program gets: {@code data(4) data_end(4) data_meta(4) ifindex(4) queue(4) …}. */
  @CStruct(value = "struct xdp_md", header = "linux/bpf.h")
  public static final class XdpMd {
    public static final int DATA = 0;
    public static final int DATA_END = 4;
    public static final int RX_QUEUE_INDEX = 16;
    static final int SIZEOF = 24;

    private XdpMd() {}
  }

  /**
   * {@code union bpf_attr}, of which the kernel reads as much as it is told and wants the rest
   * zero. Its size differs between kernels, so only {@link #ATTR_LENGTH} bytes are passed.
   */
  @CStruct(value = "union bpf_attr", header = "linux/bpf.h")
  static final class Attr {
    static final int MAP_TYPE = 0;
    static final int KEY_SIZE = 4;
    static final int VALUE_SIZE = 8;
    static final int MAX_ENTRIES = 12;
    static final int MAP_FLAGS = 16;
    static final int MAP_NAME = 28;
    static final int MAP_FD = 0;
    static final int KEY = 8;
    static final int VALUE = 16;

    @CName("flags")
    static final int ELEMENT_FLAGS = 24;

    static final int PROG_TYPE = 0;
    static final int INSN_CNT = 4;
    static final int INSNS = 8;
    static final int LICENSE = 16;
    static final int LOG_LEVEL = 24;
    static final int LOG_SIZE = 28;
    static final int LOG_BUF = 32;
    static final int PROG_NAME = 48;
    static final int EXPECTED_ATTACH_TYPE = 68;

    @CName("link_create.prog_fd")
    static final int LINK_PROG_FD = 0;

    @CName("link_create.target_fd")
    static final int LINK_TARGET_FD = 4;

    @CName("link_create.attach_type")
    static final int LINK_ATTACH_TYPE = 8;

    @CName("link_create.flags")
    static final int LINK_FLAGS = 12;

    @CName("test.prog_fd")
    static final int TEST_PROG_FD = 0;

    @CName("test.retval")
    static final int TEST_RETVAL = 4;

    @CName("test.data_size_in")
    static final int TEST_DATA_SIZE_IN = 8;

    @CName("test.data_in")
    static final int TEST_DATA_IN = 16;

    @CName("test.repeat")
    static final int TEST_REPEAT = 32;

    @CName("test.ctx_size_in")
    static final int TEST_CTX_SIZE_IN = 40;

    @CName("test.ctx_in")
    static final int TEST_CTX_IN = 48;

    @CName("test.flags")
    static final int TEST_FLAGS = 64;

    @CName("test.batch_size")
    static final int TEST_BATCH_SIZE = 72;

    @CName("info.bpf_fd")
    static final int INFO_FD = 0;

    @CName("info.info_len")
    static final int INFO_LENGTH = 4;

    @CName("info.info")
    static final int INFO = 8;

    private Attr() {}
  }

  /** Bytes of {@link Attr} that are passed: all members that are used end before. */
  static final int ATTR_LENGTH = 80;

  /** The part of {@code struct bpf_prog_info} that is asked for. */
  @CStruct(value = "struct bpf_prog_info", header = "linux/bpf.h")
  static final class ProgInfo {
    static final int TYPE = 0;
    static final int ID = 4;

    private ProgInfo() {}
  }

  /** Bytes of {@link ProgInfo} that are asked for. */
  static final int PROG_INFO_LENGTH = 8;
}
