// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/** Numbers of rtnetlink, ethtool and tap devices. */
final class NetAbi {
  private NetAbi() {}

  /** Messages and attributes. */
  @CConstants(
      header = {
        "sys/socket.h",
        "linux/if.h",
        "linux/if_link.h",
        "linux/netlink.h",
        "linux/rtnetlink.h",
        "linux/ethtool.h",
        "linux/sockios.h",
        "linux/if_tun.h",
        "linux/if_arp.h",
        "sys/ioctl.h"
      })
  static final class Net {
    static final int NLM_F_REQUEST = 1;
    static final int NLMSG_ERROR = 2;
    static final int RTM_NEWLINK = 16;
    static final int RTM_GETLINK = 18;

    @CName("NLA_TYPE_MASK & 0xffff")
    static final int NLA_TYPE_MASK = 0x3fff;

    static final int IFLA_ADDRESS = 1;
    static final int IFLA_IFNAME = 3;
    static final int IFLA_MTU = 4;
    static final int IFLA_STATS64 = 23;
    static final int IFLA_CARRIER = 33;
    static final int IFLA_XDP = 43;
    static final int IFLA_XDP_ATTACHED = 2;
    static final int IFLA_XDP_PROG_ID = 4;
    static final int IFF_UP = 1;
    static final int IFNAMSIZ = 16;
    static final int SIOCGIFFLAGS = 0x8913;
    static final int SIOCSIFFLAGS = 0x8914;
    static final int SIOCSIFMTU = 0x8922;
    static final int SIOCSIFHWADDR = 0x8924;
    static final int ARPHRD_ETHER = 1;
    static final int SIOCETHTOOL = 0x8946;
    static final int ETHTOOL_GDRVINFO = 3;
    static final int ETHTOOL_GFLAGS = 0x25;
    static final int ETH_FLAG_RXVLAN = 1 << 8;
    static final int ETHTOOL_GCHANNELS = 0x3c;
    static final long TUNSETIFF = 0x400454caL;
    static final long TUNGETIFF = 0x800454d2L;
    static final int IFF_TAP = 2;
    static final int IFF_MULTI_QUEUE = 0x100;
    static final int IFF_PERSIST = 0x800;
    static final int IFF_NO_PI = 0x1000;

    private Net() {}
  }

  /** {@code struct nlmsghdr}: {@code len(4) type(2) flags(2) seq(4) pid(4)}. */
  @CStruct(value = "struct nlmsghdr", header = "linux/netlink.h")
  static final class Nlmsghdr {
    static final int SIZEOF = 16;
    static final int NLMSG_LEN = 0;
    static final int NLMSG_TYPE = 4;
    static final int NLMSG_FLAGS = 6;
    static final int NLMSG_SEQ = 8;

    private Nlmsghdr() {}
  }

  /** {@code struct nlattr}: {@code len(2) type(2)}, then data, aligned to 4. */
  @CStruct(value = "struct nlattr", header = "linux/netlink.h")
  static final class Nlattr {
    static final int SIZEOF = 4;
    static final int NLA_LEN = 0;
    static final int NLA_TYPE = 2;

    private Nlattr() {}
  }

  /** {@code struct ifinfomsg}: {@code family(1) pad(1) type(2) index(4) flags(4) change(4)}. */
  @CStruct(value = "struct ifinfomsg", header = "linux/rtnetlink.h")
  static final class Ifinfomsg {
    static final int SIZEOF = 16;
    static final int IFI_INDEX = 4;
    static final int IFI_FLAGS = 8;

    private Ifinfomsg() {}
  }

  /** {@code struct rtnl_link_stats64}: counters of 8 bytes. */
  @CStruct(value = "struct rtnl_link_stats64", header = "linux/if_link.h")
  static final class LinkStats {
    static final int RX_PACKETS = 0;
    static final int TX_PACKETS = 8;
    static final int RX_BYTES = 16;
    static final int TX_BYTES = 24;
    static final int RX_ERRORS = 32;
    static final int TX_ERRORS = 40;
    static final int RX_DROPPED = 48;
    static final int TX_DROPPED = 56;
    static final int RX_MISSED_ERRORS = 120;

    private LinkStats() {}
  }

  /** {@code struct ifreq}: {@code name(16) union(24)}. */
  @CStruct(
      value = "struct ifreq",
      header = {"sys/socket.h", "linux/if.h"})
  static final class Ifreq {
    static final int SIZEOF = 40;

    @CName("ifr_ifrn")
    static final int NAME = 0;

    @CName("ifr_ifru.ifru_flags")
    static final int FLAGS = 16;

    @CName("ifr_ifru.ifru_mtu")
    static final int MTU = 16;

    @CName("ifr_ifru.ifru_hwaddr.sa_family")
    static final int HARDWARE_TYPE = 16;

    @CName("ifr_ifru.ifru_hwaddr.sa_data")
    static final int HARDWARE_ADDRESS = 18;

    @CName("ifr_ifru.ifru_data")
    static final int DATA = 16;

    private Ifreq() {}
  }

  /** {@code struct ethtool_drvinfo}: {@code cmd(4) driver(32) version(32) …}. */
  @CStruct(value = "struct ethtool_drvinfo", header = "linux/ethtool.h")
  static final class DriverInfo {
    static final int SIZEOF = 196;
    static final int CMD = 0;
    static final int DRIVER = 4;

    private DriverInfo() {}
  }

  /** {@code struct ethtool_value}: {@code cmd(4) data(4)}. */
  @CStruct(value = "struct ethtool_value", header = "linux/ethtool.h")
  static final class Value {
    static final int SIZEOF = 8;
    static final int CMD = 0;
    static final int DATA = 4;

    private Value() {}
  }

  /** {@code struct ethtool_channels}: {@code cmd max×4 rx tx other combined}, 4 each. */
  @CStruct(value = "struct ethtool_channels", header = "linux/ethtool.h")
  static final class Channels {
    static final int SIZEOF = 36;
    static final int CMD = 0;
    static final int RX_COUNT = 20;
    static final int TX_COUNT = 24;
    static final int COMBINED_COUNT = 32;

    private Channels() {}
  }
}
