// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.iovtee.vswitch.linux.SocketAbi.PacketMreq;
import io.iovtee.vswitch.linux.SocketAbi.SockaddrLl;
import io.iovtee.vswitch.linux.SocketAbi.Socket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Whole Ethernet frames to and from one interface. Non-blocking; one thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/packet.7.html">packet(7)</a>
 */
public final class PacketSocket implements AutoCloseable {
  /** Every protocol, for {@link #open}. */
  public static final int ALL_PROTOCOLS = Socket.ETH_P_ALL;

  /** No protocol: the socket only sends. */
  public static final int SEND_ONLY = 0;

  private final Fd fd;

  private PacketSocket(Fd fd) {
    this.fd = fd;
  }

  /**
   * Opens a socket on an interface, in the calling thread's network namespace.
   *
   * @param interfaceIndex from {@link NetDevice#index}
   * @param protocol the EtherType to receive in host byte order, {@link #ALL_PROTOCOLS} or {@link
   *     #SEND_ONLY}
   * @throws ErrnoException EPERM without CAP_NET_RAW
   */
  public static PacketSocket open(int interfaceIndex, int protocol) {
    int type = Socket.SOCK_RAW | Socket.SOCK_CLOEXEC | Socket.SOCK_NONBLOCK;
    int number = SocketCalls.socket(Socket.AF_PACKET, type, 0);
    Fd fd = Fd.of(Native.check("socket(AF_PACKET)", number, "it needs CAP_NET_RAW"), "packet");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(SockaddrLl.SIZEOF, 4);
      address.set(JAVA_SHORT, SockaddrLl.SLL_FAMILY, (short) Socket.AF_PACKET);
      address.set(JAVA_SHORT, SockaddrLl.SLL_PROTOCOL, Short.reverseBytes((short) protocol));
      address.set(JAVA_INT, SockaddrLl.SLL_IFINDEX, interfaceIndex);
      int result = SocketCalls.bind(fd.number(), address, SockaddrLl.SIZEOF);
      Native.check("bind(AF_PACKET)", result, "interface index=" + interfaceIndex);
      return new PacketSocket(fd);
    } catch (RuntimeException e) {
      fd.close();
      throw e;
    }
  }

  /** Makes the interface take every frame, for as long as this socket is open. */
  public void setPromiscuous(int interfaceIndex) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(PacketMreq.SIZEOF, 4);
      request.set(JAVA_INT, PacketMreq.MR_IFINDEX, interfaceIndex);
      request.set(JAVA_SHORT, PacketMreq.MR_TYPE, (short) Socket.PACKET_MR_PROMISC);
      int result =
          SocketCalls.setsockopt(
              fd.number(),
              Socket.SOL_PACKET,
              Socket.PACKET_ADD_MEMBERSHIP,
              request,
              PacketMreq.SIZEOF);
      Native.check("setsockopt(PACKET_ADD_MEMBERSHIP)", result, "index=" + interfaceIndex);
    }
  }

  /** Leaves out frames that this machine sends on the interface. */
  public void ignoreOutgoing() {
    setInt(Socket.SOL_PACKET, Socket.PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
  }

  /** Bytes of frames that the kernel holds for us. */
  public void setReceiveBuffer(int bytes) {
    setInt(Socket.SOL_SOCKET, Socket.SO_RCVBUFFORCE, bytes, "SO_RCVBUFFORCE");
  }

  private void setInt(int level, int option, int value, String name) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment segment = arena.allocateFrom(JAVA_INT, value);
      int result = SocketCalls.setsockopt(fd.number(), level, option, segment, Integer.BYTES);
      Native.check("setsockopt(" + name + ")", result, "value=" + value);
    }
  }

  /**
   * Sends frames {@code from} to {@code from + count - 1}.
   *
   * @return how many went out; fewer than {@code count} when the queue is full
   * @throws ErrnoException ENETDOWN when the interface is down
   */
  public int send(FrameVector frames, int from, int count) {
    checkRange(frames, from, count);
    int result =
        SocketCalls.sendmmsg(fd.number(), frames.messages(from), count, Socket.MSG_DONTWAIT);
    if (result == -Errno.EAGAIN || result == -Errno.ENOBUFS || result == -Errno.EINTR) {
      return 0;
    }
    return Native.check("sendmmsg", result, fd.toString());
  }

  /**
   * Receives frames into the vector, from its first slot on; a longer frame is cut at the slot's
   * end.
   *
   * @return how many arrived; 0 when there are none
   */
  public int receive(FrameVector frames) {
    frames.prepareReceive();
    int result =
        SocketCalls.recvmmsg(
            fd.number(),
            frames.messages(0),
            frames.count(),
            Socket.MSG_DONTWAIT,
            MemorySegment.NULL);
    if (result == -Errno.EAGAIN || result == -Errno.EINTR) {
      return 0;
    }
    return Native.check("recvmmsg", result, fd.toString());
  }

  private static void checkRange(FrameVector frames, int from, int count) {
    if (from < 0 || count < 0 || count > frames.count() - from) {
      throw new IndexOutOfBoundsException(
          "from=" + from + ", count=" + count + ", frames=" + frames.count());
    }
  }

  public Fd fd() {
    return fd;
  }

  @Override
  public void close() {
    fd.close();
  }
}
