// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Ready-made headers of a generator's flows: Ethernet, at most one VLAN tag, IPv4, UDP (checksum 0:
 * none, RFC 768). The IPv4 identification is the flow's number, from 1. Only lengths and the IPv4
 * checksum depend on the frame. Immutable.
 */
final class FlowSet {
  /** Shortest frame without FCS (IEEE 802.3). */
  static final int FRAME_LENGTH_MIN = 60;

  /** Ethernet 14, VLAN tag 4, IPv4 20, UDP 8. */
  static final int HEADER_LENGTH_MAX = 46;

  private static final int STRIDE = 64;
  private static final int IPV4_LENGTH = 20;
  private static final int UDP_LENGTH = 8;
  private static final int TIME_TO_LIVE = 64;

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN)
          .withInvokeExactBehavior();
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN)
          .withInvokeExactBehavior();
  private final int count;
  private final byte[] headers;
  private final int l3;
  private final int[] checksumBase;

  FlowSet(int count, FlowHeaders fields) {
    this.count = count;
    headers = new byte[count * STRIDE];
    checksumBase = new int[count];
    l3 = fields.dlVlan() == FlowHeaders.NO_VLAN ? 14 : 18;
    for (int flow = 0; flow < count; flow++) {
      build(flow, fields);
    }
  }

  private void build(int flow, FlowHeaders fields) {
    int start = flow * STRIDE;
    putMac(start, fields.dlDst().of(flow));
    putMac(start + 6, fields.dlSrc().of(flow));
    if (fields.dlVlan() != FlowHeaders.NO_VLAN) {
      SHORT.set(headers, start + 12, (short) FrameKey.ETHERTYPE_VLAN);
      SHORT.set(headers, start + 14, (short) fields.dlVlan());
    }
    int ip = start + l3;
    SHORT.set(headers, ip - 2, (short) FrameKey.ETHERTYPE_IPV4);
    headers[ip] = 0x45;
    SHORT.set(headers, ip + 4, (short) (flow + 1));
    headers[ip + 8] = TIME_TO_LIVE;
    headers[ip + 9] = FrameKey.PROTOCOL_UDP;
    INT.set(headers, ip + 12, (int) fields.nwSrc().of(flow));
    INT.set(headers, ip + 16, (int) fields.nwDst().of(flow));
    SHORT.set(headers, ip + IPV4_LENGTH, (short) fields.tpSrc().of(flow));
    SHORT.set(headers, ip + IPV4_LENGTH + 2, (short) fields.tpDst().of(flow));
    int sum = 0;
    for (int i = 0; i < IPV4_LENGTH; i += 2) {
      sum += (short) SHORT.get(headers, ip + i) & 0xffff;
    }
    checksumBase[flow] = sum;
  }

  private void putMac(int position, long mac) {
    SHORT.set(headers, position, (short) (mac >>> 32));
    INT.set(headers, position + 2, (int) mac);
  }

  int count() {
    return count;
  }

  /** Where the payload of every frame starts: 42 or 46. */
  int headerLength() {
    return l3 + IPV4_LENGTH + UDP_LENGTH;
  }

  /** Writes the headers of a frame of {@code length} bytes to the start of {@code frame}. */
  void write(int flow, byte[] frame, int length) {
    System.arraycopy(headers, flow * STRIDE, frame, 0, headerLength());
    int ipLength = length - l3;
    SHORT.set(frame, l3 + 2, (short) ipLength);
    int sum = checksumBase[flow] + ipLength;
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    SHORT.set(frame, l3 + 10, (short) ~sum);
    SHORT.set(frame, l3 + IPV4_LENGTH + 4, (short) (ipLength - IPV4_LENGTH));
  }
}
