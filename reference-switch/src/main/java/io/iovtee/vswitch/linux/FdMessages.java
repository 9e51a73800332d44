// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.iovtee.vswitch.linux.SocketAbi.Cmsghdr;
import io.iovtee.vswitch.linux.SocketAbi.Iovec;
import io.iovtee.vswitch.linux.SocketAbi.Msghdr;
import io.iovtee.vswitch.linux.SocketAbi.Socket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends and receives bytes with file descriptors over one {@link UnixSocket}. One thread.
 *
 * <p>Receiving takes every descriptor that came with the bytes, whether the caller wants it or not:
 * an unclaimed one would stay open in this process for ever.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/cmsg.3.html">cmsg(3)</a>
 */
public final class FdMessages {
  /** The kernel's limit of descriptors per message, {@code SCM_MAX_FD}. */
  public static final int FD_COUNT_MAX = 253;

  private static final long CONTROL_LENGTH =
      align(Cmsghdr.SIZEOF + (long) FD_COUNT_MAX * Integer.BYTES);

  private final UnixSocket socket;
  private final MemorySegment header;
  private final MemorySegment iovec;
  private final MemorySegment control;

  public FdMessages(UnixSocket socket) {
    Arena arena = Arena.ofAuto();
    this.socket = socket;
    this.header = arena.allocate(Msghdr.SIZEOF, 8);
    this.iovec = arena.allocate(Iovec.SIZEOF, 8);
    this.control = arena.allocate(CONTROL_LENGTH, 8);
  }

  /**
   * Receives up to {@code buffer.byteSize()} bytes and every descriptor that came with them.
   *
   * @param wait false: return at once with {@link Errno#EAGAIN} when there is nothing
   * @return what arrived; the caller owns the descriptors. A connection that the peer reset counts
   *     as its end
   */
  public Received receive(MemorySegment buffer, boolean wait) {
    prepare(buffer, control.byteSize());
    int flags = Socket.MSG_CMSG_CLOEXEC | (wait ? 0 : Socket.MSG_DONTWAIT);
    long length = SocketCalls.recvmsg(socket.fd().number(), header, flags);
    if (length == -Errno.EAGAIN || length == -Errno.EINTR) {
      return Received.NOTHING;
    }
    if (length == -Errno.ECONNRESET) {
      return Received.END;
    }
    Native.check("recvmsg", length, socket.fd().toString());
    boolean truncated = (header.get(JAVA_INT, Msghdr.MSG_FLAGS) & Socket.MSG_CTRUNC) != 0;
    return new Received((int) length, descriptors(), truncated);
  }

  private List<Fd> descriptors() {
    long end = Math.min(header.get(JAVA_LONG, Msghdr.MSG_CONTROLLEN), control.byteSize());
    List<Fd> fds = List.of();
    long at = 0;
    while (end - at >= Cmsghdr.SIZEOF) {
      long length = control.get(JAVA_LONG, at + Cmsghdr.CMSG_LEN);
      if (length < Cmsghdr.SIZEOF || length > end - at) {
        break;
      }
      if (control.get(JAVA_INT, at + Cmsghdr.CMSG_LEVEL) == Socket.SOL_SOCKET
          && control.get(JAVA_INT, at + Cmsghdr.CMSG_TYPE) == Socket.SCM_RIGHTS) {
        fds = fds.isEmpty() ? new ArrayList<>() : fds;
        for (long i = at + Cmsghdr.SIZEOF; i + Integer.BYTES <= at + length; i += Integer.BYTES) {
          fds.add(Fd.of(control.get(JAVA_INT, i), "received descriptor"));
        }
      }
      at += align(length);
    }
    return fds;
  }

  /**
   * Sends bytes, and descriptors with the first of them. The descriptors stay open here.
   *
   * @param wait false: return at once when the socket is full
   * @return bytes sent, possibly fewer than given; 0 when the socket is full; descriptors go with
   *     the first byte, so with 0 none was sent
   * @throws ErrnoException EPIPE when the peer is gone
   */
  public int send(MemorySegment bytes, boolean wait, Fd... fds) {
    if (fds.length > FD_COUNT_MAX) {
      throw new IllegalArgumentException(
          "too many descriptors in one message: count=" + fds.length + ", max=" + FD_COUNT_MAX);
    }
    long controlLength = 0;
    if (fds.length > 0) {
      long length = Cmsghdr.SIZEOF + (long) fds.length * Integer.BYTES;
      control.set(JAVA_LONG, Cmsghdr.CMSG_LEN, length);
      control.set(JAVA_INT, Cmsghdr.CMSG_LEVEL, Socket.SOL_SOCKET);
      control.set(JAVA_INT, Cmsghdr.CMSG_TYPE, Socket.SCM_RIGHTS);
      for (int i = 0; i < fds.length; i++) {
        control.set(JAVA_INT, Cmsghdr.SIZEOF + (long) i * Integer.BYTES, fds[i].number());
      }
      controlLength = align(length);
    }
    prepare(bytes, controlLength);
    int flags = Socket.MSG_NOSIGNAL | (wait ? 0 : Socket.MSG_DONTWAIT);
    long sent = SocketCalls.sendmsg(socket.fd().number(), header, flags);
    if (sent == -Errno.EAGAIN || sent == -Errno.EINTR) {
      return 0;
    }
    return (int) Native.check("sendmsg", sent, socket.fd().toString());
  }

  private void prepare(MemorySegment bytes, long controlLength) {
    iovec.set(ADDRESS, Iovec.IOV_BASE, bytes);
    iovec.set(JAVA_LONG, Iovec.IOV_LEN, bytes.byteSize());
    header.fill((byte) 0);
    header.set(ADDRESS, Msghdr.MSG_IOV, iovec);
    header.set(JAVA_LONG, Msghdr.MSG_IOVLEN, 1);
    header.set(ADDRESS, Msghdr.MSG_CONTROL, controlLength == 0 ? MemorySegment.NULL : control);
    header.set(JAVA_LONG, Msghdr.MSG_CONTROLLEN, controlLength);
  }

  private static long align(long length) {
    return (length + 7) & ~7;
  }

  /**
   * One receive.
   *
   * @param length bytes; 0 at the end of the connection; negative when nothing is there yet
   * @param fds descriptors, owned by the caller
   * @param truncated the kernel had to drop descriptors (too many, or no free number in this
   *     process)
   */
  public record Received(int length, List<Fd> fds, boolean truncated) {
    static final Received NOTHING = new Received(-1, List.of(), false);
    static final Received END = new Received(0, List.of(), false);

    /** True when the socket had nothing to read. */
    public boolean nothing() {
      return length < 0;
    }

    /** True when the peer has closed. */
    public boolean end() {
      return length == 0;
    }

    /** Closes every descriptor. */
    public void closeFds() {
      fds.forEach(Fd::close);
    }
  }
}
