// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.Capability;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.Rlimit;
import io.iovtee.vswitch.linux.XdpAbi.XdpDesc;
import io.iovtee.vswitch.linux.Xsk;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An AF_XDP socket bound to one queue, with its UMEM and four rings.
 *
 * <p>It cannot be changed and gives no posted buffer back. {@link #close} unmaps the rings first (a
 * mapped ring keeps the socket alive) and closes the descriptor; the kernel lets the memory go some
 * ten milliseconds later, and {@link #awaitRelease} or the successful {@link #open} of a successor
 * prove it.
 */
final class XdpSocket implements AutoCloseable {
  /**
   * How long to wait for the previous socket of a queue to go: usually 30 to 50 ms (a grace period
   * and a deferred worker), more on a busy machine.
   */
  static final long RELEASE_TIMEOUT_MS = 1000;

  private static final long RELEASE_POLL_MS = 1;

  /** Frames per Tx wake-up in copy mode; the kernel's own choice of 32 costs a call more often. */
  private static final int TX_BUDGET = 256;

  /** Memory for a socket that only asks whether the queue is free. */
  private static final long PROBE_LENGTH = 16 * HostPool.CHUNK_SIZE;

  private static final int PROBE_RING_SIZE = 4;

  private final Fd fd;
  private final List<RingMemory> mappings;
  final FillRing fill;
  final CompletionRing completion;
  final RxRing rx;
  final TxRing tx;

  /**
   * A socket that has its rings.
   *
   * @param mappings of the fill, completion, Rx and Tx ring, in this order
   */
  XdpSocket(Fd fd, List<RingMemory> mappings) {
    this.fd = fd;
    this.mappings = mappings;
    fill = new FillRing(mappings.get(0));
    completion = new CompletionRing(mappings.get(1));
    rx = new RxRing(mappings.get(2));
    tx = new TxRing(mappings.get(3));
  }

  private static XdpSocket map(Fd fd, int ringSize) {
    List<RingMemory> mappings = new ArrayList<>();
    try {
      mappings.add(RingMemory.map(fd, Xsk.Ring.FILL, ringSize, FillRing.ENTRY_LENGTH));
      mappings.add(RingMemory.map(fd, Xsk.Ring.COMPLETION, ringSize, CompletionRing.ENTRY_LENGTH));
      mappings.add(RingMemory.map(fd, Xsk.Ring.RX, ringSize, XdpDesc.SIZEOF));
      mappings.add(RingMemory.map(fd, Xsk.Ring.TX, ringSize, XdpDesc.SIZEOF));
      return new XdpSocket(fd, mappings);
    } catch (RuntimeException e) {
      mappings.forEach(RingMemory::close);
      fd.close();
      throw e;
    }
  }

  /**
   * Opens a socket with its memory pinned, for a queue that another one may still have. In the
   * calling thread's network namespace, which must be the interface's.
   *
   * @throws XdpException when something is missing, with what to do
   */
  static XdpSocket open(NetDevice device, int queue, Umem umem, int ringSize) {
    Fd fd =
        create(
            device,
            queue,
            umem.base(),
            umem.length(),
            umem.headroom(),
            umem.registerFlags(),
            ringSize);
    XdpSocket socket = map(fd, ringSize);
    // Older kernels do not know it and go on with 32.
    int unused = Xsk.setTxBudgetMax(fd, Math.min(TX_BUDGET, ringSize));
    return socket;
  }

  /**
   * Binds the socket, in any network namespace. Blocks up to {@link #RELEASE_TIMEOUT_MS} while the
   * queue is busy.
   *
   * @throws ErrnoException EBUSY when another socket keeps the queue, EOPNOTSUPP when the driver
   *     has no zero copy
   */
  void bind(NetDevice device, int queue, XdpMode mode) {
    bind(fd, device, queue, mode.bindFlags());
  }

  private static Fd create(
      NetDevice device, int queue, long base, long length, int headroom, int flags, int ringSize) {
    Fd fd;
    try {
      fd = Xsk.socket();
    } catch (ErrnoException e) {
      throw new XdpException(
          "AF_XDP socket refused ("
              + e.errnoName()
              + "): run as root or with CAP_NET_RAW, "
              + "effective are "
              + Capability.effective()
              + ", interface="
              + device.name(),
          e);
    }
    try {
      int result = Xsk.registerUmem(fd, base, length, HostPool.CHUNK_SIZE, headroom, flags);
      if (result < 0) {
        throw umemRefused(device, queue, length, -result);
      }
      for (Xsk.Ring ring : Xsk.Ring.values()) {
        Xsk.setRingSize(fd, ring, ringSize);
      }
      return fd;
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  private static XdpException umemRefused(NetDevice device, int queue, long length, int errno) {
    String advice =
        switch (errno) {
          case Errno.ENOBUFS ->
              "raise the limit of locked memory (LimitMEMLOCK=infinity in the systemd unit, or "
                  + "ulimit -l unlimited; it is "
                  + Rlimit.MEMLOCK.soft()
                  + " bytes) or grant "
                  + "CAP_IPC_LOCK";
          case Errno.ENOMEM -> "the kernel has no memory to pin it: free some, or use huge pages";
          case Errno.EFAULT -> "the memory cannot be pinned: it must be tmpfs or hugetlbfs";
          default -> "the kernel may be too old: 6.6 or newer is needed";
        };
    return new XdpException(
        "UMEM of %d bytes refused: %s, interface=%s, queue=%d"
            .formatted(length, advice, device.name(), queue),
        new ErrnoException("setsockopt(XDP_UMEM_REG)", errno, "length=" + length));
  }

  private static void bind(Fd fd, NetDevice device, int queue, int flags) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RELEASE_TIMEOUT_MS);
    int result = Xsk.bind(fd, device.index(), queue, flags);
    while (result == -Errno.EBUSY && System.nanoTime() < deadline) {
      sleep();
      result = Xsk.bind(fd, device.index(), queue, flags);
    }
    if (result < 0) {
      throw new ErrnoException(
          "bind(AF_XDP)",
          -result,
          bindAdvice(-result) + ", interface=" + device.name() + ", queue=" + queue);
    }
  }

  private static String bindAdvice(int errno) {
    return switch (errno) {
      case Errno.EBUSY ->
          "another AF_XDP socket holds the queue for more than "
              + RELEASE_TIMEOUT_MS
              + " ms: stop the program that owns it (ss --xdp shows the sockets)";
      case Errno.EOPNOTSUPP -> "the driver has no AF_XDP zero copy: use mode native or generic";
      case Errno.ENODEV -> "the interface is gone";
      case Errno.EINVAL ->
          "the interface has no such queue (ethtool -l), or its MTU does not fit a frame of "
              + Umem.FRAME_LENGTH_MAX
              + " bytes in zero copy";
      default -> "bind refused";
    };
  }

  private static void sleep() {
    try {
      Thread.sleep(RELEASE_POLL_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for an AF_XDP queue", e);
    }
  }

  /**
   * Waits until nobody has the queue: then no NIC writes to a previous socket's memory any more. In
   * the calling thread's network namespace.
   *
   * @throws ErrnoException EBUSY after {@link #RELEASE_TIMEOUT_MS}
   */
  static void awaitRelease(NetDevice device, int queue) {
    try (Mmap memory = Mmap.anonymous(PROBE_LENGTH);
        Fd fd = create(device, queue, memory.address(), memory.length(), 0, 0, PROBE_RING_SIZE)) {
      bind(fd, device, queue, XdpMode.NATIVE.bindFlags());
    } catch (ErrnoException e) {
      // An interface that is gone has no queue that could write.
      if (e.errno() != Errno.ENODEV) {
        throw e;
      }
    }
  }

  Fd fd() {
    return fd;
  }

  boolean isZeroCopy() {
    return Xsk.isZeroCopy(fd);
  }

  Xsk.Statistics statistics() {
    return Xsk.statistics(fd);
  }

  @Override
  public void close() {
    mappings.forEach(RingMemory::close);
    fd.close();
  }
}
