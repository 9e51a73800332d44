// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

/** Numbers and layouts of ethtool's receive flow rules and indirection table. */
final class EthtoolAbi {
  private EthtoolAbi() {}

  /** Commands, flow types and flags of {@code linux/ethtool.h}. */
  @CConstants(header = "linux/ethtool.h")
  static final class Ethtool {
    static final int ETHTOOL_GRXCLSRLCNT = 0x2e;
    static final int ETHTOOL_GRXCLSRULE = 0x2f;
    static final int ETHTOOL_GRXCLSRLALL = 0x30;
    static final int ETHTOOL_SRXCLSRLDEL = 0x31;
    static final int ETHTOOL_SRXCLSRLINS = 0x32;
    static final int ETHTOOL_GRXFHINDIR = 0x38;
    static final int ETHTOOL_SRXFHINDIR = 0x39;
    static final int TCP_V4_FLOW = 0x01;
    static final int UDP_V4_FLOW = 0x02;
    static final int SCTP_V4_FLOW = 0x03;
    static final int TCP_V6_FLOW = 0x05;
    static final int UDP_V6_FLOW = 0x06;
    static final int SCTP_V6_FLOW = 0x07;
    static final int IP_USER_FLOW = 0x0d;
    static final int IPV6_USER_FLOW = 0x0e;
    static final int ETHER_FLOW = 0x12;

    @CName("(int) FLOW_EXT")
    static final int FLOW_EXT = 0x80000000;

    static final int FLOW_MAC_EXT = 0x40000000;
    static final int ETH_RX_NFC_IP4 = 1;

    @CName("(int) RX_CLS_LOC_SPECIAL")
    static final int RX_CLS_LOC_SPECIAL = 0x80000000;

    @CName("(int) RX_CLS_LOC_ANY")
    static final int RX_CLS_LOC_ANY = 0xffffffff;

    private Ethtool() {}
  }

  /** {@code struct ethtool_rxnfc}: {@code cmd(4) flow_type(4) data(8) fs(168) rule_cnt(4) …}. */
  @CStruct(value = "struct ethtool_rxnfc", header = "linux/ethtool.h")
  static final class Rxnfc {
    static final int SIZEOF = 192;
    static final int CMD = 0;
    static final int DATA = 8;
    static final int FS = 16;
    static final int RULE_CNT = 184;
    static final int RULE_LOCS = 188;

    private Rxnfc() {}
  }

  /** {@code struct ethtool_rx_flow_spec}: type, value, mask, where to, where in the table. */
  @CStruct(value = "struct ethtool_rx_flow_spec", header = "linux/ethtool.h")
  static final class FlowSpec {
    static final int SIZEOF = 168;
    static final int FLOW_TYPE = 0;
    static final int H_U = 4;
    static final int H_EXT = 56;
    static final int M_U = 76;
    static final int M_EXT = 128;
    static final int RING_COOKIE = 152;
    static final int LOCATION = 160;

    private FlowSpec() {}
  }

  /** {@code struct ethtool_flow_ext}: {@code padding(2) dest(6) vlan_etype(2) vlan_tci(2) …}. */
  @CStruct(value = "struct ethtool_flow_ext", header = "linux/ethtool.h")
  static final class FlowExt {
    static final int SIZEOF = 20;
    static final int H_DEST = 2;
    static final int VLAN_TCI = 10;

    private FlowExt() {}
  }

  /** {@code struct ethtool_rxfh_indir}: {@code cmd(4) size(4) ring_index(4) …}. */
  @CStruct(value = "struct ethtool_rxfh_indir", header = "linux/ethtool.h")
  static final class Indirection {
    static final int SIZEOF = 8;
    static final int CMD = 0;
    static final int SIZE = 4;
    static final int RING_INDEX = 8;

    private Indirection() {}
  }
}
