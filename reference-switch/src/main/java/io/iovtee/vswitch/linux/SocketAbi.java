// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/** Numbers of Unix and packet sockets. */
final class SocketAbi {
  private SocketAbi() {}

  /** Families, types, options and flags. */
  @CConstants(
      header = {
        "sys/socket.h",
        "sys/un.h",
        "linux/if_packet.h",
        "linux/if_ether.h",
        "linux/netlink.h"
      })
  static final class Socket {
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int AF_NETLINK = 16;
    static final int AF_PACKET = 17;
    static final int AF_XDP = 44;
    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_RAW = 3;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SOL_SOCKET = 1;
    static final int SO_PEERCRED = 17;
    static final int SO_RCVBUFFORCE = 33;
    static final int SCM_RIGHTS = 1;
    static final int MSG_CTRUNC = 0x8;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;
    static final int MSG_CMSG_CLOEXEC = 0x40000000;
    static final int SHUT_RDWR = 2;
    static final int ETH_P_ALL = 3;
    static final int SOL_PACKET = 263;
    static final int PACKET_ADD_MEMBERSHIP = 1;
    static final int PACKET_IGNORE_OUTGOING = 23;
    static final int PACKET_MR_PROMISC = 1;
    static final int NETLINK_ROUTE = 0;

    private Socket() {}
  }

  /** {@code struct sockaddr_un}: {@code family(2) path(108)}. */
  @CStruct(value = "struct sockaddr_un", header = "sys/un.h")
  static final class SockaddrUn {
    static final int SIZEOF = 110;
    static final int SUN_FAMILY = 0;
    static final int SUN_PATH = 2;

    private SockaddrUn() {}
  }

  /**
   * {@code struct sockaddr_ll}.
   *
   * <pre>
   *  0 family(2) protocol(2, big endian) ifindex(4)
   *  8 hatype(2) pkttype(1) halen(1) addr(8)
   * </pre>
   */
  @CStruct(value = "struct sockaddr_ll", header = "linux/if_packet.h")
  static final class SockaddrLl {
    static final int SIZEOF = 20;
    static final int SLL_FAMILY = 0;
    static final int SLL_PROTOCOL = 2;
    static final int SLL_IFINDEX = 4;

    private SockaddrLl() {}
  }

  /** {@code struct packet_mreq}: {@code ifindex(4) type(2) alen(2) address(8)}. */
  @CStruct(value = "struct packet_mreq", header = "linux/if_packet.h")
  static final class PacketMreq {
    static final int SIZEOF = 16;
    static final int MR_IFINDEX = 0;
    static final int MR_TYPE = 4;

    private PacketMreq() {}
  }

  /**
   * {@code struct msghdr} on 64-bit processors.
   *
   * <pre>
   *  0 name(8) namelen(4) pad(4)
   * 16 iov(8) iovlen(8)
   * 32 control(8) controllen(8)
   * 48 flags(4) pad(4)
   * </pre>
   */
  @CStruct(value = "struct msghdr", header = "sys/socket.h")
  static final class Msghdr {
    static final int SIZEOF = 56;
    static final int MSG_NAME = 0;
    static final int MSG_NAMELEN = 8;
    static final int MSG_IOV = 16;
    static final int MSG_IOVLEN = 24;
    static final int MSG_CONTROL = 32;
    static final int MSG_CONTROLLEN = 40;
    static final int MSG_FLAGS = 48;

    private Msghdr() {}
  }

  /** {@code struct mmsghdr}: {@code msghdr(56) len(4) pad(4)}. */
  @CStruct(
      value = "struct mmsghdr",
      header = {"sys/socket.h"})
  static final class Mmsghdr {
    static final int SIZEOF = 64;
    static final int MSG_LEN = 56;

    private Mmsghdr() {}
  }

  /** {@code struct iovec}: {@code base(8) len(8)}. */
  @CStruct(value = "struct iovec", header = "sys/uio.h")
  static final class Iovec {
    static final int SIZEOF = 16;
    static final int IOV_BASE = 0;
    static final int IOV_LEN = 8;

    private Iovec() {}
  }

  /** {@code struct cmsghdr}: {@code len(8) level(4) type(4)}, then data, aligned to 8. */
  @CStruct(value = "struct cmsghdr", header = "sys/socket.h")
  static final class Cmsghdr {
    static final int SIZEOF = 16;
    static final int CMSG_LEN = 0;
    static final int CMSG_LEVEL = 8;
    static final int CMSG_TYPE = 12;

    private Cmsghdr() {}
  }

  /** {@code struct ucred}: {@code pid(4) uid(4) gid(4)}. */
  @CStruct(value = "struct ucred", header = "sys/socket.h")
  static final class Ucred {
    static final int SIZEOF = 12;
    static final int PID = 0;
    static final int UID = 4;
    static final int GID = 8;

    private Ucred() {}
  }
}
