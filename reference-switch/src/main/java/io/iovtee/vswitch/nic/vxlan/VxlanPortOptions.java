// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What to open.
 *
 * @param local address and UDP port of this end; ports of one switch may share it
 * @param remote address of the other end, of the same family, and the UDP port to send to; what
 *     comes from there may come from any port, since others choose it by the inner flow
 * @param vni the tunnel's number, 0 to 2^24 - 1
 * @param mtu IP MTU of the way to the remote end, bytes; 0 asks the kernel when the port is opened
 * @param ringSize frames that can wait between the socket's thread and a loop, a power of two
 * @param netns the network namespace of the socket, as {@code ip netns} shows it, or a path; null
 *     for the switch's own
 */
public record VxlanPortOptions(
    InetSocketAddress local,
    InetSocketAddress remote,
    int vni,
    int mtu,
    int ringSize,
    @Nullable String netns) {
  /** IANA's. */
  public static final int UDP_PORT = 4789;

  public static final int VNI_MAX = VxlanHeader.VNI_MAX;

  /** What each IPv4 host must take. */
  public static final int MTU_MIN = 576;

  public static final int MTU_MAX = 65_535;

  /** Absorbs a pause of 1 ms at 1 Mpps. */
  public static final int RING_SIZE_DEFAULT = 1024;

  public static final int RING_SIZE_MIN = 64;
  public static final int RING_SIZE_MAX = 16_384;

  private static final int IPV4_AND_UDP = 20 + 8;
  private static final int IPV6_AND_UDP = 40 + 8;

  /** Why there can be no tunnel between these; null if there can. */
  public static @Nullable String wrongRemote(InetSocketAddress localEnd, InetSocketAddress end) {
    InetAddress local = localEnd.getAddress();
    InetAddress remote = end.getAddress();
    if (remote.isAnyLocalAddress() || remote.isMulticastAddress()) {
      return "must be the address of one host: " + remote.getHostAddress();
    }
    if (local instanceof Inet6Address != remote instanceof Inet6Address) {
      return "must be of the same family (IPv4, IPv6) as local, %s: %s"
          .formatted(local.getHostAddress(), remote.getHostAddress());
    }
    return end.equals(localEnd)
        ? "must be another address or port than local: " + remote.getHostAddress()
        : null;
  }

  boolean isIpv6() {
    return local.getAddress() instanceof Inet6Address;
  }

  /** What a packet carries besides the inner frame: outer IP, UDP and VXLAN header; bytes. */
  int overhead() {
    return (isIpv6() ? IPV6_AND_UDP : IPV4_AND_UDP) + VxlanHeader.LENGTH;
  }
}
