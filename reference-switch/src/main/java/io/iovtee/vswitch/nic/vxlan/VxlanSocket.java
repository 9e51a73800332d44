// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import io.iovtee.vswitch.datapath.FrameRing;
import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.UdpAbi.Udp;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.Errors.NativeIoException;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A UDP socket and its thread. Made, asked and closed on the control thread; loops call {@link
 * #ring} only.
 */
final class VxlanSocket {
  /** Longer than any datagram that is taken, so that one which is longer still is known as such. */
  static final int DATAGRAM_MAX = 2048;

  /** Datagrams of one recvmmsg(2). */
  private static final int RECEIVED_AT_ONCE = 64;

  /** Calls of recvmmsg until the thread looks at what is to be sent. */
  private static final int READS_AT_ONCE = 4;

  /** Frames of one ring that are sent until the thread looks at others. */
  private static final int SENT_AT_ONCE = 64;

  /** Bytes that the kernel is asked to keep in each direction; it may give less. */
  private static final int KERNEL_BUFFER = 4 << 20;

  /** Bytes that wait in Netty for room in the kernel; above it frames stay in their rings. */
  private static final int WAITING_MAX = 1 << 20;

  /** Where the kernel knows no way to the remote end yet. */
  private static final int MTU_ASSUMED = 1500;

  private static final long END_MS = 5_000;

  private final InetSocketAddress local;
  private final @Nullable String netns;
  private final MultiThreadIoEventLoopGroup group;
  private final Channel channel;
  private final Fd namespace;
  private final VxlanReceiver receiver = new VxlanReceiver();

  /** How many ports use it. Control thread. */
  private int users;

  private VxlanSocket(
      InetSocketAddress local, @Nullable String netns, MultiThreadIoEventLoopGroup group) {
    this.local = local;
    this.netns = netns;
    this.group = group;
    ChannelFuture bound = bootstrap().handler(new Inbound()).bind(local).awaitUninterruptibly();
    Throwable failure = bound.cause();
    if (failure != null) {
      throw new VxlanException(refusal(failure), failure);
    }
    channel = bound.channel();
    namespace = Namespace.current();
  }

  /**
   * Binds a socket.
   *
   * @throws VxlanException with what is wrong and what to do
   */
  static VxlanSocket open(InetSocketAddress local, @Nullable String netns) {
    if (!Epoll.isAvailable()) {
      throw new VxlanException(
          "VXLAN needs Netty's native epoll transport, which is here for Linux on x86-64 only: "
              + Epoll.unavailabilityCause().getMessage(),
          Epoll.unavailabilityCause());
    }
    MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("iovtee-vxlan", true), EpollIoHandler.newFactory());
    try {
      // Its thread starts here: one started inside would keep the namespace.
      group.submit(() -> {}).awaitUninterruptibly();
      return Namespace.call(netns, () -> new VxlanSocket(local, netns, group));
    } catch (ErrnoException e) {
      end(group);
      throw new VxlanException(String.valueOf(e.getMessage()), e); // of the namespace
    } catch (RuntimeException e) {
      end(group);
      throw e;
    }
  }

  private Bootstrap bootstrap() {
    boolean ipv6 = local.getAddress() instanceof Inet6Address;
    SocketProtocolFamily family = ipv6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET;
    // A tunnel end must not fragment (RFC 7348, 4.3): what does not fit is an error of its frame.
    IntegerUnixChannelOption discover =
        ipv6
            ? new IntegerUnixChannelOption(
                "IPV6_MTU_DISCOVER", Udp.IPPROTO_IPV6, Udp.IPV6_MTU_DISCOVER)
            : new IntegerUnixChannelOption("IP_MTU_DISCOVER", Udp.IPPROTO_IP, Udp.IP_MTU_DISCOVER);
    return new Bootstrap()
        .group(group)
        .channelFactory(() -> new EpollDatagramChannel(family))
        .option(discover, ipv6 ? Udp.IPV6_PMTUDISC_DO : Udp.IP_PMTUDISC_DO)
        .option(ChannelOption.SO_RCVBUF, KERNEL_BUFFER)
        .option(ChannelOption.SO_SNDBUF, KERNEL_BUFFER)
        .option(EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, DATAGRAM_MAX)
        .option(
            ChannelOption.RECVBUF_ALLOCATOR,
            new FixedRecvByteBufAllocator(DATAGRAM_MAX * RECEIVED_AT_ONCE)
                .maxMessagesPerRead(READS_AT_ONCE * RECEIVED_AT_ONCE))
        .option(
            ChannelOption.WRITE_BUFFER_WATER_MARK,
            new WriteBufferWaterMark(WAITING_MAX / 2, WAITING_MAX));
  }

  private String refusal(Throwable failure) {
    int errno = failure instanceof NativeIoException e ? -e.expectedErr() : 0;
    String what = "UDP %s can not be bound: ".formatted(text(local));
    return what
        + switch (errno) {
          case Errno.EADDRNOTAVAIL ->
              "local is no address of this host%s: see ip addr"
                  .formatted(netns == null ? "" : " (namespace " + netns + ")");
          case Errno.EADDRINUSE ->
              "somebody has it, perhaps a VXLAN interface of the kernel or another switch: see ss"
                  + " -ulnp and ip -d link, or choose another port";
          case Errno.EACCES, Errno.EPERM ->
              "ports below 1024 need CAP_NET_BIND_SERVICE: choose another";
          default -> String.valueOf(failure.getMessage());
        };
  }

  /** {@code 10.0.0.1:4789}, {@code [fd00::1]:4789}. */
  static String text(InetSocketAddress address) {
    return NetUtil.toSocketAddressString(address);
  }

  /** IP MTU of the way to a remote end, as the kernel knows it now; bytes. */
  int pathMtu(InetSocketAddress remote) {
    return Namespace.call(netns, () -> askMtu(remote));
  }

  private int askMtu(InetSocketAddress remote) {
    IntegerUnixChannelOption option =
        remote.getAddress() instanceof Inet6Address
            ? new IntegerUnixChannelOption("IPV6_MTU", Udp.IPPROTO_IPV6, Udp.IPV6_MTU)
            : new IntegerUnixChannelOption("IP_MTU", Udp.IPPROTO_IP, Udp.IP_MTU);
    ChannelFuture connected =
        bootstrap()
            .handler(new ChannelInboundHandlerAdapter())
            .connect(remote, new InetSocketAddress(local.getAddress(), 0))
            .awaitUninterruptibly();
    try {
      Integer mtu = connected.isSuccess() ? connected.channel().config().getOption(option) : null;
      return mtu == null ? MTU_ASSUMED : mtu;
    } finally {
      connected.channel().close().awaitUninterruptibly();
    }
  }

  void use() {
    users++;
  }

  /** One port less; true if none is left. */
  boolean leave() {
    return --users == 0;
  }

  /** False if the socket has a tunnel to this remote end with this VNI. */
  boolean add(VxlanTunnel tunnel) {
    return Boolean.TRUE.equals(
        channel.eventLoop().submit(() -> receiver.add(tunnel)).awaitUninterruptibly().getNow());
  }

  /** Sends what waits. When this returns the socket's thread does not know the tunnel any more. */
  void remove(VxlanTunnel tunnel) {
    channel
        .eventLoop()
        .submit(() -> {
          do {
            drain(tunnel);
          } while (tunnel.isAnyToSend() && channel.isWritable());
          receiver.remove(tunnel);
        })
        .awaitUninterruptibly();
  }

  boolean isOpen() {
    return channel.isActive();
  }

  /** Whether the namespace of the socket was deleted: nobody can reach it any more. */
  boolean isNamespaceGone() {
    return netns != null && !Namespace.isNamed(netns, namespace);
  }

  Map<String, Long> counters() {
    return receiver.counters();
  }

  /** Frames wait in the tunnel's rings. Poll threads: at most one call for a batch. */
  void ring(VxlanTunnel tunnel) {
    if (tunnel.bell.ring()) {
      channel.eventLoop().execute(tunnel.drain);
    }
  }

  /** Sends what waits, as far as the kernel has room. Socket's thread. */
  void drain(VxlanTunnel tunnel) {
    tunnel.bell.answer();
    boolean more = false;
    for (FrameRing frames : tunnel.toSend) {
      more |= send(tunnel, frames);
    }
    channel.flush();
    // Without room it goes on when there is some: channelWritabilityChanged.
    if (more && channel.isWritable() && tunnel.bell.ring()) {
      channel.eventLoop().execute(tunnel.drain);
    }
  }

  /** True if frames are left. */
  private boolean send(VxlanTunnel tunnel, FrameRing frames) {
    int length = frames.peek();
    for (int sent = 0; length >= 0 && sent < SENT_AT_ONCE && channel.isWritable(); sent++) {
      ByteBuf datagram = channel.alloc().directBuffer(VxlanHeader.LENGTH + length);
      datagram.writeLong(VxlanHeader.of(tunnel.vni));
      datagram.writeBytes(frames.bytes(), frames.offset(), length);
      frames.remove();
      ChannelFuture done = channel.write(new DatagramPacket(datagram, tunnel.remote));
      done.addListener(tunnel.sent);
      length = frames.peek();
    }
    return length >= 0;
  }

  /** No tunnel is left. */
  void close() {
    channel.close().awaitUninterruptibly();
    end(group);
    namespace.close();
  }

  private static void end(MultiThreadIoEventLoopGroup group) {
    group.shutdownGracefully(0, END_MS, TimeUnit.MILLISECONDS).awaitUninterruptibly(END_MS);
  }

  /** Socket's thread. */
  private final class Inbound extends ChannelInboundHandlerAdapter {
    private final byte[] datagram = new byte[DATAGRAM_MAX];
    private final List<VxlanTunnel> touched = new ArrayList<>();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      try {
        if (message instanceof DatagramPacket packet) {
          ByteBuf content = packet.content();
          int length = Math.min(content.readableBytes(), DATAGRAM_MAX);
          content.getBytes(content.readerIndex(), datagram, 0, length);
          VxlanTunnel to = receiver.receive(packet.sender().getAddress(), datagram, length);
          if (to != null && to.touch()) {
            touched.add(to);
          }
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      touched.forEach(VxlanTunnel::raise);
      touched.clear();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      if (context.channel().isWritable()) {
        receiver.tunnels().forEach(VxlanSocket.this::ring);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      receiver.failed();
    }
  }
}
