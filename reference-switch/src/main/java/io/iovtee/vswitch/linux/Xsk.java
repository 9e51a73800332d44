// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.iovtee.vswitch.linux.SocketAbi.Socket;
import io.iovtee.vswitch.linux.XdpAbi.SockaddrXdp;
import io.iovtee.vswitch.linux.XdpAbi.Xdp;
import io.iovtee.vswitch.linux.XdpAbi.XdpMmapOffsets;
import io.iovtee.vswitch.linux.XdpAbi.XdpRingOffset;
import io.iovtee.vswitch.linux.XdpAbi.XdpStatistics;
import io.iovtee.vswitch.linux.XdpAbi.XdpUmemReg;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The system calls of an AF_XDP socket, bare: no ring logic, no policy.
 *
 * @see <a href="https://docs.kernel.org/networking/af_xdp.html">af_xdp</a>
 */
public final class Xsk {
  private Xsk() {}

  /** The four rings, with the option that sets the size and the offset that maps it. */
  public enum Ring {
    RX(Xdp.XDP_RX_RING, Xdp.XDP_PGOFF_RX_RING, XdpMmapOffsets.RX),
    TX(Xdp.XDP_TX_RING, Xdp.XDP_PGOFF_TX_RING, XdpMmapOffsets.TX),
    FILL(Xdp.XDP_UMEM_FILL_RING, Xdp.XDP_UMEM_PGOFF_FILL_RING, XdpMmapOffsets.FR),
    COMPLETION(Xdp.XDP_UMEM_COMPLETION_RING, Xdp.XDP_UMEM_PGOFF_COMPLETION_RING, XdpMmapOffsets.CR);

    private final int option;
    private final long pageOffset;
    private final int offsets;

    Ring(int option, long pageOffset, int offsets) {
      this.option = option;
      this.pageOffset = pageOffset;
      this.offsets = offsets;
    }
  }

  /** Where a ring's words lie in its mapping, in bytes. */
  public record RingOffsets(long producer, long consumer, long descriptors, long flags) {}

  /**
   * The kernel's counters of one socket, since it was made.
   *
   * @param rxDropped frames without a fill entry, or too long for a chunk
   * @param rxInvalidDescriptors stays 0 for bad fill entries: they vanish uncounted
   * @param rxRingFull frames dropped for want of room in the Rx ring
   * @param fillRingEmpty times that the fill ring was found empty
   */
  public record Statistics(
      long rxDropped,
      long rxInvalidDescriptors,
      long txInvalidDescriptors,
      long rxRingFull,
      long fillRingEmpty,
      long txRingEmpty) {}

  /**
   * A new socket, in the calling thread's network namespace.
   *
   * @throws ErrnoException EPERM without CAP_NET_RAW, EAFNOSUPPORT where the kernel has no AF_XDP
   */
  public static Fd socket() {
    int number = SocketCalls.socket(Socket.AF_XDP, Socket.SOCK_RAW | Socket.SOCK_CLOEXEC, 0);
    return Fd.of(
        Native.check("socket(AF_XDP)", number, "it needs CAP_NET_RAW and CONFIG_XDP_SOCKETS"),
        "AF_XDP socket");
  }

  /**
   * Registers memory for frames. The kernel pins all of it until the socket is gone.
   *
   * @param address first byte, a multiple of the page size
   * @param headroom bytes between the kernel's own 256 and the frame
   * @param flags {@link Xdp#XDP_UMEM_UNALIGNED_CHUNK_FLAG} or 0
   * @return 0, or a negative errno: ENOBUFS over RLIMIT_MEMLOCK, ENOMEM for a hole, EFAULT for
   *     memory that cannot be pinned, EINVAL for a bad size
   */
  public static int registerUmem(
      Fd fd, long address, long length, int chunkSize, int headroom, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment reg = arena.allocate(XdpUmemReg.SIZEOF, 8);
      reg.set(JAVA_LONG, XdpUmemReg.ADDR, address);
      reg.set(JAVA_LONG, XdpUmemReg.LEN, length);
      reg.set(JAVA_INT, XdpUmemReg.CHUNK_SIZE, chunkSize);
      reg.set(JAVA_INT, XdpUmemReg.HEADROOM, headroom);
      reg.set(JAVA_INT, XdpUmemReg.FLAGS, flags);
      return SocketCalls.setsockopt(
          fd.number(), Xdp.SOL_XDP, Xdp.XDP_UMEM_REG, reg, XdpUmemReg.SIZEOF);
    }
  }

  /** Makes a ring of {@code size} entries, a power of two. */
  public static void setRingSize(Fd fd, Ring ring, int size) {
    int result = setInt(fd, Xdp.SOL_XDP, ring.option, size);
    Native.check("setsockopt(XDP " + ring + " ring)", result, "size=" + size);
  }

  /**
   * Frames that one wake-up of a copy-mode socket may send at most.
   *
   * @return 0, or a negative errno where the kernel does not know the option
   */
  public static int setTxBudgetMax(Fd fd, int frames) {
    return setInt(fd, Xdp.SOL_XDP, Xdp.XDP_MAX_TX_SKB_BUDGET, frames);
  }

  private static int setInt(Fd fd, int level, int option, int value) {
    try (Arena arena = Arena.ofConfined()) {
      return SocketCalls.setsockopt(
          fd.number(), level, option, arena.allocateFrom(JAVA_INT, value), Integer.BYTES);
    }
  }

  /** Where the words of a ring lie in its mapping. */
  public static RingOffsets ringOffsets(Fd fd, Ring ring) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value =
          getOption(arena, fd, Xdp.XDP_MMAP_OFFSETS, XdpMmapOffsets.SIZEOF, "XDP_MMAP_OFFSETS");
      return new RingOffsets(
          value.get(JAVA_LONG, (long) ring.offsets + XdpRingOffset.PRODUCER),
          value.get(JAVA_LONG, (long) ring.offsets + XdpRingOffset.CONSUMER),
          value.get(JAVA_LONG, (long) ring.offsets + XdpRingOffset.DESC),
          value.get(JAVA_LONG, (long) ring.offsets + XdpRingOffset.FLAGS));
    }
  }

  /** Maps a ring; the mapping holds the socket open until it is unmapped. */
  public static Mmap mapRing(Fd fd, Ring ring, long length) {
    return Mmap.shared(fd, ring.pageOffset, length, true);
  }

  /**
   * Binds to one queue of one interface.
   *
   * @param flags {@code XDP_COPY}, {@code XDP_ZEROCOPY}, {@code XDP_USE_NEED_WAKEUP}
   * @return 0, or a negative errno: EBUSY when the queue has a pool (another socket, or one that is
   *     not quite gone), EOPNOTSUPP when the driver has no zero copy, ENODEV, EINVAL for a queue
   *     that does not exist
   */
  public static int bind(Fd fd, int interfaceIndex, int queue, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(SockaddrXdp.SIZEOF, 4);
      address.set(JAVA_SHORT, SockaddrXdp.SXDP_FAMILY, (short) Socket.AF_XDP);
      address.set(JAVA_SHORT, SockaddrXdp.SXDP_FLAGS, (short) flags);
      address.set(JAVA_INT, SockaddrXdp.SXDP_IFINDEX, interfaceIndex);
      address.set(JAVA_INT, SockaddrXdp.SXDP_QUEUE_ID, queue);
      return SocketCalls.bind(fd.number(), address, SockaddrXdp.SIZEOF);
    }
  }

  /** Whether the kernel moves frames of this bound socket without copying them. */
  public static boolean isZeroCopy(Fd fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = getOption(arena, fd, Xdp.XDP_OPTIONS, Integer.BYTES, "XDP_OPTIONS");
      return (value.get(JAVA_INT, 0) & Xdp.XDP_OPTIONS_ZEROCOPY) != 0;
    }
  }

  /** The kernel's counters. */
  public static Statistics statistics(Fd fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value =
          getOption(arena, fd, Xdp.XDP_STATISTICS, XdpStatistics.SIZEOF, "XDP_STATISTICS");
      return new Statistics(
          value.get(JAVA_LONG, XdpStatistics.RX_DROPPED),
          value.get(JAVA_LONG, XdpStatistics.RX_INVALID_DESCS),
          value.get(JAVA_LONG, XdpStatistics.TX_INVALID_DESCS),
          value.get(JAVA_LONG, XdpStatistics.RX_RING_FULL),
          value.get(JAVA_LONG, XdpStatistics.RX_FILL_RING_EMPTY_DESCS),
          value.get(JAVA_LONG, XdpStatistics.TX_RING_EMPTY_DESCS));
    }
  }

  private static MemorySegment getOption(Arena arena, Fd fd, int option, int length, String name) {
    MemorySegment value = arena.allocate(length, 8);
    MemorySegment size = arena.allocateFrom(JAVA_INT, length);
    int result = SocketCalls.getsockopt(fd.number(), Xdp.SOL_XDP, option, value, size);
    Native.check("getsockopt(" + name + ")", result, fd.toString());
    if (size.get(JAVA_INT, 0) != length) {
      throw new ErrnoException(
          "getsockopt(" + name + ")",
          Errno.EINVAL,
          "kernel is older than 5.9: length=" + size.get(JAVA_INT, 0) + ", wanted=" + length);
    }
    return value;
  }

  /**
   * Makes the kernel look at the Tx ring. Poll thread; allocates nothing.
   *
   * @return 0 or more, or a negative errno; EAGAIN, EBUSY and ENOBUFS mean "call again later"
   */
  public static int wakeTx(int fd) {
    return (int)
        SocketCalls.sendto(fd, MemorySegment.NULL, 0, Socket.MSG_DONTWAIT, MemorySegment.NULL, 0);
  }

  /**
   * Makes the kernel look at the fill ring. Poll thread; allocates nothing.
   *
   * @return 0 or more, or a negative errno; ENETDOWN when the interface is down or gone
   */
  public static int wakeRx(int fd) {
    return (int)
        SocketCalls.recvfrom(
            fd, MemorySegment.NULL, 0, Socket.MSG_DONTWAIT, MemorySegment.NULL, MemorySegment.NULL);
  }
}
