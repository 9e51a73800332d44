// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.iovtee.vswitch.linux.NetAbi.Ifreq;
import io.iovtee.vswitch.linux.NetAbi.Net;
import io.iovtee.vswitch.linux.SocketAbi.Iovec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One queue of a tap interface: each read or write of its descriptor is one Ethernet frame. One
 * thread reads and writes; the questions about the interface may come from any.
 *
 * @see <a href="https://docs.kernel.org/networking/tuntap.html">tuntap</a>
 */
public final class Tap implements AutoCloseable {
  /** What makes tap interfaces. */
  public static final Path DEVICE = Path.of("/dev/net/tun");

  private final Fd fd;

  /** Where a read lands: in the caller's buffer, and one byte more here. */
  private final MemorySegment parts = Arena.ofAuto().allocate(2L * Iovec.SIZEOF, 8);

  private final MemorySegment spare = Arena.ofAuto().allocate(8, 8);

  private Tap(Fd fd) {
    this.fd = fd;
    parts.set(JAVA_LONG, Iovec.SIZEOF + Iovec.IOV_BASE, spare.address());
    parts.set(JAVA_LONG, Iovec.SIZEOF + Iovec.IOV_LEN, 1);
  }

  /**
   * Makes a tap interface, or takes over a persistent one, in the calling thread's network
   * namespace; with {@code multiQueue} each further call adds a queue to it. An interface that is
   * not persistent is gone when the last descriptor is closed.
   *
   * @param name of the interface; {@code "tap%d"} lets the kernel count
   * @throws ErrnoException call {@code open}: ENOENT, EACCES; call {@code ioctl(TUNSETIFF)}: EPERM
   *     without CAP_NET_ADMIN, EBUSY when someone else has it, EINVAL when the interface of that
   *     name is no tap device or was made for one queue and is wanted for several, or the reverse
   */
  public static Tap open(String name, boolean multiQueue) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > NetDevice.NAME_LENGTH_MAX) {
      throw new IllegalArgumentException(
          "interface name must have 1 to " + NetDevice.NAME_LENGTH_MAX + " bytes: " + name);
    }
    Fd fd = Fd.open(DEVICE, true);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(Ifreq.SIZEOF, 8);
      request.setString(Ifreq.NAME, name);
      int flags = Net.IFF_TAP | Net.IFF_NO_PI | (multiQueue ? Net.IFF_MULTI_QUEUE : 0);
      request.set(JAVA_SHORT, Ifreq.FLAGS, (short) flags);
      int result = FileCalls.ioctl(fd.number(), Net.TUNSETIFF, request);
      Native.check("ioctl(TUNSETIFF)", result, "interface=" + name);
      fd.setNonBlocking(true);
      return new Tap(fd);
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /** Readable when a frame waits. */
  public Fd fd() {
    return fd;
  }

  /**
   * Takes a frame that the host sends.
   *
   * @param address where {@code lengthMax} bytes may be written; no guest's memory
   * @return the frame's length, {@code lengthMax + 1} for one that was longer and is lost, or a
   *     negative errno: EAGAIN when there is none, EBADFD when the interface is gone
   */
  public int read(long address, int lengthMax) {
    parts.set(JAVA_LONG, Iovec.IOV_BASE, address);
    parts.set(JAVA_LONG, Iovec.IOV_LEN, lengthMax);
    return (int) FileCalls.readv(fd.number(), parts, 2);
  }

  /**
   * Hands the host a frame.
   *
   * @param address of the frame; no guest's memory
   * @return the frame's length, or a negative errno: EAGAIN when the kernel has no room, EIO when
   *     the interface is down, EBADFD when it is gone
   */
  public int write(long address, int length) {
    return (int) FileCalls.write(fd.number(), address, length);
  }

  /** Whether there still is an interface behind the descriptor, in whatever namespace. */
  public boolean isAttached() {
    try (Arena arena = Arena.ofConfined()) {
      return ask(arena.allocate(Ifreq.SIZEOF, 8)) != -Errno.EBADFD;
    }
  }

  /** Whether the interface stays when nobody has it open. */
  public boolean isPersistent() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(Ifreq.SIZEOF, 8);
      return ask(answer) >= 0 && (answer.get(JAVA_SHORT, Ifreq.FLAGS) & Net.IFF_PERSIST) != 0;
    }
  }

  private int ask(MemorySegment answer) {
    return FileCalls.ioctl(fd.number(), Net.TUNGETIFF, answer);
  }

  @Override
  public void close() {
    fd.close();
  }
}
