// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.iovtee.vswitch.linux.NetAbi.Channels;
import io.iovtee.vswitch.linux.NetAbi.DriverInfo;
import io.iovtee.vswitch.linux.NetAbi.Ifinfomsg;
import io.iovtee.vswitch.linux.NetAbi.Ifreq;
import io.iovtee.vswitch.linux.NetAbi.LinkStats;
import io.iovtee.vswitch.linux.NetAbi.Net;
import io.iovtee.vswitch.linux.NetAbi.Nlattr;
import io.iovtee.vswitch.linux.NetAbi.Nlmsghdr;
import io.iovtee.vswitch.linux.NetAbi.Value;
import io.iovtee.vswitch.linux.SocketAbi.Socket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A network interface, as the kernel describes it.
 *
 * <p>Opened in the calling thread's network namespace; afterwards it answers from any thread, since
 * its sockets stay in that namespace. One question at a time.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/rtnetlink.7.html">rtnetlink(7)</a>
 */
public final class NetDevice implements AutoCloseable {
  /** Longest name in bytes. */
  public static final int NAME_LENGTH_MAX = Net.IFNAMSIZ - 1;

  /** Answers of rtnetlink about one link fit; the kernel truncates longer ones. */
  private static final int ANSWER_LENGTH = 32 << 10;

  private final String name;
  private final int index;
  private final Fd control;
  private final Fd route;
  private final Fd namespace;
  private int sequence;

  private NetDevice(String name, int index, Fd control, Fd route, Fd namespace) {
    this.name = name;
    this.index = index;
    this.control = control;
    this.route = route;
    this.namespace = namespace;
  }

  /**
   * What the kernel says about the interface now.
   *
   * @param up whether it is configured up
   * @param carrier whether the link has a peer
   * @param mtu bytes, without the Ethernet header
   * @param macAddress {@code 02:00:00:00:00:01}
   * @param xdpMode one of {@code XDP_ATTACHED_*}
   * @param xdpProgramId the attached program's number; 0 for none
   */
  public record Link(
      boolean up,
      boolean carrier,
      int mtu,
      String macAddress,
      int xdpMode,
      int xdpProgramId,
      Counters counters) {}

  /** The interface's own counters. */
  public record Counters(
      long rxPackets,
      long txPackets,
      long rxBytes,
      long txBytes,
      long rxErrors,
      long txErrors,
      long rxDropped,
      long txDropped,
      long rxMissed) {}

  /**
   * Opens an interface by name, in the calling thread's network namespace.
   *
   * @throws ErrnoException ENODEV when there is none
   */
  public static NetDevice open(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > NAME_LENGTH_MAX) {
      throw new IllegalArgumentException(
          "interface name must have 1 to " + NAME_LENGTH_MAX + " bytes: " + name);
    }
    int index;
    try (Arena arena = Arena.ofConfined()) {
      index = SocketCalls.if_nametoindex(arena.allocateFrom(name));
    }
    if (index <= 0) {
      throw new ErrnoException(
          "if_nametoindex", Errno.ENODEV, "interface=" + name + "; see ip link for what there is");
    }
    List<Fd> opened = new ArrayList<>();
    try {
      opened.add(socket(Socket.AF_INET, 0, "control socket"));
      opened.add(socket(Socket.AF_NETLINK, Socket.NETLINK_ROUTE, "rtnetlink"));
      opened.add(Namespace.current());
      return new NetDevice(name, index, opened.get(0), opened.get(1), opened.get(2));
    } catch (RuntimeException e) {
      opened.forEach(Fd::close);
      throw e;
    }
  }

  private static Fd socket(int family, int protocol, String what) {
    int type = Socket.SOCK_DGRAM | Socket.SOCK_CLOEXEC;
    return Fd.of(Native.check("socket", SocketCalls.socket(family, type, protocol), what), what);
  }

  public String name() {
    return name;
  }

  /**
   * Whether this is still the name of the interface's namespace. If it is not, the interface is
   * there only because this object keeps the namespace.
   *
   * @param netns as for {@link Namespace#enter}
   */
  public boolean isInNamespace(String netns) {
    return Namespace.isNamed(netns, namespace);
  }

  /**
   * Runs something in the interface's namespace, even if that has no name any more.
   *
   * @param netns its name, for messages; null runs it right here
   */
  public <T> T inNamespace(@Nullable String netns, Supplier<T> work) {
    return netns == null ? work.get() : Namespace.call(namespace, netns, work);
  }

  /** The interface's number in its namespace. */
  public int index() {
    return index;
  }

  /**
   * Asks for the interface's state and counters.
   *
   * @throws ErrnoException ENODEV when the interface is gone
   */
  public synchronized Link link() {
    try (Arena arena = Arena.ofConfined()) {
      int length = Nlmsghdr.SIZEOF + Ifinfomsg.SIZEOF;
      MemorySegment request = arena.allocate(length, 4);
      request.set(JAVA_INT, Nlmsghdr.NLMSG_LEN, length);
      request.set(JAVA_SHORT, Nlmsghdr.NLMSG_TYPE, (short) Net.RTM_GETLINK);
      request.set(JAVA_SHORT, Nlmsghdr.NLMSG_FLAGS, (short) Net.NLM_F_REQUEST);
      request.set(JAVA_INT, Nlmsghdr.NLMSG_SEQ, ++sequence);
      request.set(JAVA_INT, Nlmsghdr.SIZEOF + Ifinfomsg.IFI_INDEX, index);
      Native.check("write(rtnetlink)", route.write(request), "interface=" + name);
      MemorySegment answer = arena.allocate(ANSWER_LENGTH, 8);
      long received = Native.check("read(rtnetlink)", route.read(answer), "interface=" + name);
      return parse(answer.asSlice(0, received));
    }
  }

  private Link parse(MemorySegment answer) {
    int type = answer.get(JAVA_SHORT, Nlmsghdr.NLMSG_TYPE);
    if (type == Net.NLMSG_ERROR) {
      int errno = -answer.get(JAVA_INT, Nlmsghdr.SIZEOF);
      throw new ErrnoException("rtnetlink(RTM_GETLINK)", errno, "interface=" + name);
    }
    if (type != Net.RTM_NEWLINK || answer.get(JAVA_INT, Nlmsghdr.NLMSG_SEQ) != sequence) {
      throw new IllegalStateException(
          "unexpected rtnetlink answer: type=" + type + ", interface=" + name);
    }
    int flags = answer.get(JAVA_INT, Nlmsghdr.SIZEOF + Ifinfomsg.IFI_FLAGS);
    MemorySegment attributes = answer.asSlice(Nlmsghdr.SIZEOF + Ifinfomsg.SIZEOF);
    MemorySegment xdp = attribute(attributes, Net.IFLA_XDP);
    MemorySegment mode = attribute(xdp, Net.IFLA_XDP_ATTACHED);
    byte[] mac = attribute(attributes, Net.IFLA_ADDRESS).toArray(JAVA_BYTE);
    MemorySegment carrier = attribute(attributes, Net.IFLA_CARRIER);
    return new Link(
        (flags & Net.IFF_UP) != 0,
        carrier.byteSize() > 0 && carrier.get(JAVA_BYTE, 0) != 0,
        intOf(attribute(attributes, Net.IFLA_MTU)),
        HexFormat.ofDelimiter(":").formatHex(mac),
        mode.byteSize() > 0 ? mode.get(JAVA_BYTE, 0) : XdpAbi.Program.XDP_ATTACHED_NONE,
        intOf(attribute(xdp, Net.IFLA_XDP_PROG_ID)),
        counters(attribute(attributes, Net.IFLA_STATS64)));
  }

  /** The data of the first attribute of a type; empty when there is none. */
  private static MemorySegment attribute(MemorySegment attributes, int type) {
    long at = 0;
    while (attributes.byteSize() - at >= Nlattr.SIZEOF) {
      int length = Short.toUnsignedInt(attributes.get(JAVA_SHORT, at + Nlattr.NLA_LEN));
      if (length < Nlattr.SIZEOF || length > attributes.byteSize() - at) {
        break;
      }
      int found = attributes.get(JAVA_SHORT, at + Nlattr.NLA_TYPE) & Net.NLA_TYPE_MASK;
      if (found == type) {
        return attributes.asSlice(at + Nlattr.SIZEOF, length - Nlattr.SIZEOF);
      }
      at += (length + 3) & ~3;
    }
    return attributes.asSlice(0, 0);
  }

  private static int intOf(MemorySegment data) {
    return data.byteSize() >= Integer.BYTES ? data.get(JAVA_INT, 0) : 0;
  }

  private static Counters counters(MemorySegment stats) {
    return new Counters(
        counter(stats, LinkStats.RX_PACKETS),
        counter(stats, LinkStats.TX_PACKETS),
        counter(stats, LinkStats.RX_BYTES),
        counter(stats, LinkStats.TX_BYTES),
        counter(stats, LinkStats.RX_ERRORS),
        counter(stats, LinkStats.TX_ERRORS),
        counter(stats, LinkStats.RX_DROPPED),
        counter(stats, LinkStats.TX_DROPPED),
        counter(stats, LinkStats.RX_MISSED_ERRORS));
  }

  private static long counter(MemorySegment stats, long offset) {
    // Attributes are aligned to 4 bytes, the counters to no more.
    return stats.byteSize() >= offset + Long.BYTES
        ? stats.get(JAVA_LONG.withByteAlignment(4), offset)
        : 0;
  }

  /** The driver's name, for example {@code veth}; empty when it has none. */
  public String driver() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(DriverInfo.SIZEOF, 8);
      info.set(JAVA_INT, DriverInfo.CMD, Net.ETHTOOL_GDRVINFO);
      return ethtool(arena, info) < 0 ? "" : info.getString(DriverInfo.DRIVER);
    }
  }

  /**
   * Whether the interface takes VLAN tags out of received frames ({@code rx-vlan-offload} of {@code
   * ethtool -k}); false for a driver that does not say.
   */
  public boolean takesTagsOut() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment flags = arena.allocate(Value.SIZEOF, 4);
      flags.set(JAVA_INT, Value.CMD, Net.ETHTOOL_GFLAGS);
      return ethtool(arena, flags) >= 0
          && (flags.get(JAVA_INT, Value.DATA) & Net.ETH_FLAG_RXVLAN) != 0;
    }
  }

  /** Receive queues in use; 1 for a driver that does not say. */
  public int rxQueues() {
    return channels(Channels.RX_COUNT);
  }

  /** Transmit queues in use; 1 for a driver that does not say. */
  public int txQueues() {
    return channels(Channels.TX_COUNT);
  }

  private int channels(long offset) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment channels = arena.allocate(Channels.SIZEOF, 8);
      channels.set(JAVA_INT, Channels.CMD, Net.ETHTOOL_GCHANNELS);
      if (ethtool(arena, channels) < 0) {
        return 1;
      }
      int count = channels.get(JAVA_INT, offset) + channels.get(JAVA_INT, Channels.COMBINED_COUNT);
      return Math.max(1, count);
    }
  }

  /**
   * Takes the interface up.
   *
   * @throws ErrnoException EPERM without CAP_NET_ADMIN
   */
  public void setUp() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = request(arena);
      check("ioctl(SIOCGIFFLAGS)", FileCalls.ioctl(control.number(), Net.SIOCGIFFLAGS, request));
      int flags = request.get(JAVA_SHORT, Ifreq.FLAGS) | Net.IFF_UP;
      request.set(JAVA_SHORT, Ifreq.FLAGS, (short) flags);
      check("ioctl(SIOCSIFFLAGS)", FileCalls.ioctl(control.number(), Net.SIOCSIFFLAGS, request));
    }
  }

  /**
   * Sets the longest packet, bytes without the Ethernet header.
   *
   * @throws ErrnoException EPERM without CAP_NET_ADMIN, EINVAL for what the driver does not take
   */
  public void setMtu(int bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = request(arena);
      request.set(JAVA_INT, Ifreq.MTU, bytes);
      check("ioctl(SIOCSIFMTU)", FileCalls.ioctl(control.number(), Net.SIOCSIFMTU, request));
    }
  }

  /**
   * Sets the interface's own MAC address.
   *
   * @param mac six bytes
   * @throws ErrnoException EPERM without CAP_NET_ADMIN, EADDRNOTAVAIL for a multicast address
   */
  public void setMacAddress(byte[] mac) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = request(arena);
      request.set(JAVA_SHORT, Ifreq.HARDWARE_TYPE, (short) Net.ARPHRD_ETHER);
      MemorySegment.copy(mac, 0, request, JAVA_BYTE, Ifreq.HARDWARE_ADDRESS, mac.length);
      check("ioctl(SIOCSIFHWADDR)", FileCalls.ioctl(control.number(), Net.SIOCSIFHWADDR, request));
    }
  }

  private MemorySegment request(Arena arena) {
    MemorySegment request = arena.allocate(Ifreq.SIZEOF, 8);
    request.setString(Ifreq.NAME, name);
    return request;
  }

  private void check(String call, int result) {
    Native.check(call, result, "interface=" + name);
  }

  /** Carries out a command of ethtool; 0, or a negative errno. */
  int ethtool(Arena arena, MemorySegment command) {
    MemorySegment request = request(arena);
    request.set(ADDRESS, Ifreq.DATA, command);
    return FileCalls.ioctl(control.number(), Net.SIOCETHTOOL, request);
  }

  @Override
  public void close() {
    control.close();
    route.close();
    namespace.close();
  }
}
