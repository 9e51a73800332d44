// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import io.iovtee.vswitch.frames.TestFrame;
import io.iovtee.vswitch.frames.TestFrameReader;
import io.iovtee.vswitch.frames.TestFrameReader.Verdict;

/**
 * The frames of a run: flow {@code f} goes from {@code 02:22:f} to {@code 02:11:f}, with {@code f}
 * in the last four bytes of the addresses. A frame that comes back has its addresses as they were,
 * or swapped.
 */
final class FlowFrames {
  private static final long DESTINATION = 0x0211_0000_0000L;
  private static final long SOURCE = 0x0222_0000_0000L;
  private static final int TENANT = 1;
  private static final int SOURCE_PORT = 1024;
  private static final int DESTINATION_PORT = 9;
  private static final int SOURCE_IPV4 = 0xc612_0001;
  private static final int DESTINATION_IPV4 = 0xc613_0001;

  private final TestFrame[] flows;
  private final TestFrameReader reader = new TestFrameReader();
  private final byte[] bytes = new byte[TestFrame.LENGTH_MAX];

  FlowFrames(int flowCount) {
    flows = new TestFrame[flowCount];
    for (int flow = 0; flow < flowCount; flow++) {
      flows[flow] =
          new TestFrame(
              DESTINATION | flow,
              SOURCE | flow,
              SOURCE_IPV4,
              DESTINATION_IPV4,
              SOURCE_PORT + flow,
              DESTINATION_PORT);
    }
  }

  /** Writes a frame into {@link #bytes}. */
  void make(int flow, long number, int length) {
    flows[flow].write(bytes, 0, length, TENANT, flow, number);
  }

  byte[] bytes() {
    return bytes;
  }

  /** Whether a received frame is as it was made; then {@link #flow} and {@link #number} tell it. */
  boolean isIntact(byte[] frame, int length) {
    return reader.read(frame, 0, length) == Verdict.GOOD
        && reader.tenant() == TENANT
        && length == lengthByItsHeader(frame)
        && (hasAddresses(frame, DESTINATION, SOURCE) || hasAddresses(frame, SOURCE, DESTINATION));
  }

  int flow() {
    return reader.flow();
  }

  long number() {
    return reader.sequence();
  }

  /** No frame here needs padding: even the shortest is full. */
  private static int lengthByItsHeader(byte[] frame) {
    return 14 + ((frame[16] & 0xff) << 8 | (frame[17] & 0xff));
  }

  private boolean hasAddresses(byte[] frame, long first, long second) {
    return mac(frame, 0) == (first | reader.flow()) && mac(frame, 6) == (second | reader.flow());
  }

  private static long mac(byte[] frame, int at) {
    long mac = 0;
    for (int i = at; i < at + 6; i++) {
      mac = mac << 8 | (frame[i] & 0xff);
    }
    return mac;
  }
}
