// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/**
 * Numbers of AF_XDP.
 *
 * @see <a href="https://docs.kernel.org/networking/af_xdp.html">af_xdp</a>
 */
public final class XdpAbi {
  private XdpAbi() {}

  /** Options, flags and page offsets of {@code linux/if_xdp.h}. */
  @CConstants(header = {"linux/if_xdp.h", "sys/socket.h"})
  public static final class Xdp {
    static final int SOL_XDP = 283;
    static final int XDP_MMAP_OFFSETS = 1;
    static final int XDP_RX_RING = 2;
    static final int XDP_TX_RING = 3;
    static final int XDP_UMEM_REG = 4;
    static final int XDP_UMEM_FILL_RING = 5;
    static final int XDP_UMEM_COMPLETION_RING = 6;
    static final int XDP_STATISTICS = 7;
    static final int XDP_OPTIONS = 8;

    @CName(newerThanHeaders = true)
    static final int XDP_MAX_TX_SKB_BUDGET = 9;

    static final int XDP_OPTIONS_ZEROCOPY = 1;
    public static final int XDP_UMEM_UNALIGNED_CHUNK_FLAG = 1;
    public static final int XDP_SHARED_UMEM = 1;
    public static final int XDP_COPY = 2;
    public static final int XDP_ZEROCOPY = 4;
    public static final int XDP_USE_NEED_WAKEUP = 8;

    /** In a ring's flags word: the kernel sleeps, wake it by a system call. */
    public static final int XDP_RING_NEED_WAKEUP = 1;

    static final long XDP_PGOFF_RX_RING = 0;
    static final long XDP_PGOFF_TX_RING = 0x80000000L;
    static final long XDP_UMEM_PGOFF_FILL_RING = 0x100000000L;
    static final long XDP_UMEM_PGOFF_COMPLETION_RING = 0x180000000L;

    /** Unaligned chunks: bits of a descriptor's address that hold the offset into the chunk. */
    public static final int XSK_UNALIGNED_BUF_OFFSET_SHIFT = 48;

    /** Unaligned chunks: bits of a descriptor's address that hold the chunk. */
    public static final long XSK_UNALIGNED_BUF_ADDR_MASK = (1L << 48) - 1;

    private Xdp() {}
  }

  /** Attach flags, actions and modes of {@code linux/if_link.h} and {@code linux/bpf.h}. */
  @CConstants(header = {"linux/if_link.h", "linux/bpf.h"})
  public static final class Program {
    public static final int XDP_FLAGS_SKB_MODE = 2;
    public static final int XDP_FLAGS_DRV_MODE = 4;
    public static final int XDP_ABORTED = 0;
    public static final int XDP_DROP = 1;
    public static final int XDP_PASS = 2;
    public static final int XDP_TX = 3;
    public static final int XDP_REDIRECT = 4;
    public static final int XDP_ATTACHED_NONE = 0;
    public static final int XDP_ATTACHED_DRV = 1;
    public static final int XDP_ATTACHED_SKB = 2;
    public static final int XDP_ATTACHED_HW = 3;
    public static final int XDP_ATTACHED_MULTI = 4;

    /** Bytes that the kernel keeps free in front of each frame, beside the UMEM's headroom. */
    public static final int XDP_PACKET_HEADROOM = 256;

    private Program() {}
  }

  /**
   * One frame in the Rx or Tx ring.
   *
   * <pre>
   * 0 addr(8)
   * 8 len(4) options(4)
   * </pre>
   */
  @CStruct(value = "struct xdp_desc", header = "linux/if_xdp.h")
  public static final class XdpDesc {
    public static final int SIZEOF = 16;
    public static final int ADDR = 0;
    public static final int LEN = 8;
    public static final int OPTIONS = 12;

    private XdpDesc() {}
  }

  /**
   * What to register as UMEM.
   *
   * <pre>
   *  0 addr(8) len(8)
   * 16 chunk_size(4) headroom(4) flags(4) pad(4), newer: tx_metadata_len(4) in the pad
   * </pre>
   */
  @CStruct(value = "struct xdp_umem_reg", header = "linux/if_xdp.h")
  static final class XdpUmemReg {
    static final int SIZEOF = 32;
    static final int ADDR = 0;
    static final int LEN = 8;
    static final int CHUNK_SIZE = 16;
    static final int HEADROOM = 20;
    static final int FLAGS = 24;

    private XdpUmemReg() {}
  }

  /** Where to bind: {@code family(2) flags(2) ifindex(4) queue_id(4) shared_umem_fd(4)}. */
  @CStruct(value = "struct sockaddr_xdp", header = "linux/if_xdp.h")
  static final class SockaddrXdp {
    static final int SIZEOF = 16;
    static final int SXDP_FAMILY = 0;
    static final int SXDP_FLAGS = 2;
    static final int SXDP_IFINDEX = 4;
    static final int SXDP_QUEUE_ID = 8;
    static final int SXDP_SHARED_UMEM_FD = 12;

    private SockaddrXdp() {}
  }

  /** Offsets of one ring's words in its mapping: {@code producer consumer desc flags}, 8 each. */
  @CStruct(value = "struct xdp_ring_offset", header = "linux/if_xdp.h")
  static final class XdpRingOffset {
    static final int SIZEOF = 32;
    static final int PRODUCER = 0;
    static final int CONSUMER = 8;
    static final int DESC = 16;
    static final int FLAGS = 24;

    private XdpRingOffset() {}
  }

  /** The offsets of all four rings: {@code rx tx fr cr}, 32 each. */
  @CStruct(value = "struct xdp_mmap_offsets", header = "linux/if_xdp.h")
  static final class XdpMmapOffsets {
    static final int SIZEOF = 128;
    static final int RX = 0;
    static final int TX = 32;
    static final int FR = 64;
    static final int CR = 96;

    private XdpMmapOffsets() {}
  }

  /** Six counters of 8 bytes. */
  @CStruct(value = "struct xdp_statistics", header = "linux/if_xdp.h")
  static final class XdpStatistics {
    static final int SIZEOF = 48;
    static final int RX_DROPPED = 0;
    static final int RX_INVALID_DESCS = 8;
    static final int TX_INVALID_DESCS = 16;
    static final int RX_RING_FULL = 24;
    static final int RX_FILL_RING_EMPTY_DESCS = 32;
    static final int TX_RING_EMPTY_DESCS = 40;

    private XdpStatistics() {}
  }
}
