// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * Copies each frame out of its buffer and forgets it, as DPDK's net_null with {@code copy=1}
 * ({@code eth_null_copy_tx} of drivers/net/null/rte_eth_null.c): the work of a NIC that reads what
 * it sends.
 */
final class CopySink implements FrameSink {
  /** Of each transmit queue: where its frames go, one over the other. */
  private final byte[][] frames;

  CopySink(int queues, int frameLengthMax) {
    frames = new byte[queues][frameLengthMax];
  }

  @Override
  public boolean accept(
      int txQueue, byte[] head, int headOffset, int headLength, long restAddress, int restLength) {
    byte[] frame = frames[txQueue];
    System.arraycopy(head, headOffset, frame, 0, headLength);
    if (restLength > 0) {
      AddressSpace.copyToArrayGuarded(restAddress, frame, headLength, restLength);
    }
    return true;
  }

  /** What the last frame of a queue left behind: for tests. */
  byte[] frame(int txQueue) {
    return frames[txQueue];
  }

  @Override
  public String description() {
    return "discard, each frame copied out";
  }
}
