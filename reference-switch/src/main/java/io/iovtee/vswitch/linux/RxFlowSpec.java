// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import io.iovtee.vswitch.linux.EthtoolAbi.Ethtool;
import io.iovtee.vswitch.linux.EthtoolAbi.FlowExt;
import io.iovtee.vswitch.linux.EthtoolAbi.FlowSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Which frames a receive flow rule of a NIC is for, in the bytes of {@code struct
 * ethtool_rx_flow_spec}: a flow type, values, and masks whose bits are set where the NIC compares
 * (ethtool's own command line means the opposite). Numbers of fields are in network order.
 *
 * <p>Values are equal if all bytes but destination and location are.
 */
public final class RxFlowSpec {
  /** A frame by its Ethernet header: destination, source, Ethertype. */
  public static final int ETHER = Ethtool.ETHER_FLOW;

  /** An IPv4 packet of any protocol. */
  public static final int IPV4 = Ethtool.IP_USER_FLOW;

  /** An IPv6 packet of any protocol. */
  public static final int IPV6 = Ethtool.IPV6_USER_FLOW;

  private static final int DESTINATION = 0;
  private static final int SOURCE = 6;
  private static final int ETHERTYPE = 12;
  private static final int IPV4_PORTS = 8;
  private static final int IPV4_TOS = 12;
  private static final int IPV4_VERSION = 13;
  private static final int IPV4_PROTOCOL = 14;
  private static final int IPV6_PORTS = 32;
  private static final int IPV6_CLASS = 36;
  private static final int IPV6_PROTOCOL = 37;

  private final byte[] bytes = new byte[FlowSpec.SIZEOF];

  /**
   * @param flowType {@link #ETHER}, {@link #IPV4}, {@link #IPV6}, or {@link #transport}
   */
  public RxFlowSpec(int flowType) {
    putInt(FlowSpec.FLOW_TYPE, flowType);
    if (flowType == IPV4) {
      bytes[FlowSpec.H_U + IPV4_VERSION] = Ethtool.ETH_RX_NFC_IP4;
    }
  }

  private RxFlowSpec(byte[] from) {
    System.arraycopy(from, 0, bytes, 0, bytes.length);
  }

  /**
   * The flow type of TCP, UDP or SCTP.
   *
   * @return 0 for any other protocol
   */
  public static int transport(boolean ipv6, int protocol) {
    return switch (protocol) {
      case 6 -> ipv6 ? Ethtool.TCP_V6_FLOW : Ethtool.TCP_V4_FLOW;
      case 17 -> ipv6 ? Ethtool.UDP_V6_FLOW : Ethtool.UDP_V4_FLOW;
      case 132 -> ipv6 ? Ethtool.SCTP_V6_FLOW : Ethtool.SCTP_V4_FLOW;
      default -> 0;
    };
  }

  /** A rule as the kernel or a file has it. */
  static RxFlowSpec of(byte[] bytes) {
    return new RxFlowSpec(bytes);
  }

  /** As {@link #toString} wrote it. */
  public static RxFlowSpec parse(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    if (bytes.length != FlowSpec.SIZEOF) {
      throw new IllegalArgumentException(
          "a flow rule has " + FlowSpec.SIZEOF + " bytes: " + bytes.length);
    }
    return new RxFlowSpec(bytes);
  }

  private boolean isEther() {
    return getInt(FlowSpec.FLOW_TYPE) == ETHER;
  }

  private boolean isIpv6() {
    int type = getInt(FlowSpec.FLOW_TYPE) & ~(Ethtool.FLOW_EXT | Ethtool.FLOW_MAC_EXT);
    return type == IPV6
        || type == Ethtool.TCP_V6_FLOW
        || type == Ethtool.UDP_V6_FLOW
        || type == Ethtool.SCTP_V6_FLOW;
  }

  /** Destination of the frame, in the low 48 bits. */
  public RxFlowSpec destination(long value, long mask) {
    if (isEther()) {
      return put(DESTINATION, 6, value, mask);
    }
    flag(Ethtool.FLOW_MAC_EXT);
    return putExtension(FlowExt.H_DEST, 6, value, mask);
  }

  /** Source of the frame; of the Ethernet flow type only. */
  public RxFlowSpec source(long value, long mask) {
    return put(SOURCE, 6, value, mask);
  }

  /** Of the Ethernet flow type only. */
  public RxFlowSpec etherType(long value) {
    return put(ETHERTYPE, 2, value, 0xffff);
  }

  /** Tag control information: priority, CFI, VLAN. */
  public RxFlowSpec vlan(long value, long mask) {
    flag(Ethtool.FLOW_EXT);
    return putExtension(FlowExt.VLAN_TCI, 2, value, mask);
  }

  /** Source and destination of an IPv4 packet. */
  public RxFlowSpec ipv4(long source, long sourceMask, long destination, long destinationMask) {
    put(0, 4, source, sourceMask);
    return put(4, 4, destination, destinationMask);
  }

  /** Half of an address of an IPv6 packet: 0 and 1 of the source, 2 and 3 of the destination. */
  public RxFlowSpec ipv6(int half, long value, long mask) {
    return put(half * Long.BYTES, Long.BYTES, value, mask);
  }

  /** TOS or traffic class. */
  public RxFlowSpec trafficClass(long value, long mask) {
    return put(isIpv6() ? IPV6_CLASS : IPV4_TOS, 1, value, mask);
  }

  /** The protocol above IP; of the flow types for any protocol only. */
  public RxFlowSpec protocol(long value) {
    return put(isIpv6() ? IPV6_PROTOCOL : IPV4_PROTOCOL, 1, value, 0xff);
  }

  /** Of the transport flow types only. */
  public RxFlowSpec ports(long source, long sourceMask, long destination, long destinationMask) {
    int ports = isIpv6() ? IPV6_PORTS : IPV4_PORTS;
    put(ports, 2, source, sourceMask);
    return put(ports + 2, 2, destination, destinationMask);
  }

  private RxFlowSpec put(int offset, int length, long value, long mask) {
    number(FlowSpec.H_U + offset, length, value);
    number(FlowSpec.M_U + offset, length, mask);
    return this;
  }

  private RxFlowSpec putExtension(int offset, int length, long value, long mask) {
    number(FlowSpec.H_EXT + offset, length, value);
    number(FlowSpec.M_EXT + offset, length, mask);
    return this;
  }

  private void number(int offset, int length, long value) {
    for (int i = 0; i < length; i++) {
      bytes[offset + i] = (byte) (value >>> ((length - 1 - i) * Byte.SIZE));
    }
  }

  private void flag(int flag) {
    putInt(FlowSpec.FLOW_TYPE, getInt(FlowSpec.FLOW_TYPE) | flag);
  }

  private void putInt(int offset, int value) {
    ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).putInt(offset, value);
  }

  private int getInt(int offset) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getInt(offset);
  }

  /** The bytes for the kernel. */
  byte[] to(int queue, int location) {
    byte[] whole = bytes.clone();
    ByteBuffer buffer = ByteBuffer.wrap(whole).order(ByteOrder.nativeOrder());
    buffer.putLong(FlowSpec.RING_COOKIE, queue).putInt(FlowSpec.LOCATION, location);
    return whole;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RxFlowSpec spec && Arrays.equals(spec.to(0, 0), to(0, 0));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(to(0, 0));
  }

  /** All bytes in hexadecimal, destination and location 0. */
  @Override
  public String toString() {
    return HexFormat.of().formatHex(to(0, 0));
  }
}
