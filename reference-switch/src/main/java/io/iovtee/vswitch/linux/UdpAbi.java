// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/** Numbers of UDP sockets' options, for those who set them by other ways than our own calls. */
public final class UdpAbi {
  private UdpAbi() {}

  /** Levels, options and values of ip(7) and ipv6(7). */
  @CConstants(header = "netinet/in.h")
  public static final class Udp {
    public static final int IPPROTO_IP = 0;
    public static final int IP_MTU_DISCOVER = 10;
    public static final int IP_PMTUDISC_DO = 2;
    public static final int IP_MTU = 14;
    public static final int IPPROTO_IPV6 = 41;
    public static final int IPV6_MTU_DISCOVER = 23;
    public static final int IPV6_PMTUDISC_DO = 2;
    public static final int IPV6_MTU = 24;

    private Udp() {}
  }
}
