// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.Map;

/** A NIC-like port: AF_XDP, the emulated NIC. Made on the control thread. */
public interface NicPort extends AutoCloseable {
  /** {@code xdp}, {@code soft}. */
  String type();

  /** True for an emulated NIC. */
  boolean emulated();

  /** Receive queues. */
  int rxQueues();

  NicRxQueue rxQueue(int queue);

  /** Transmit queues; queue {@code i} may be used by one loop. 1 or more. */
  int txQueues();

  NicTxQueue txQueue(int queue);

  /** Whether the link is up, as far as the port knows. */
  boolean linkUp();

  /** Whether the hardware is no longer there. Any thread. */
  default boolean isGone() {
    return false;
  }

  /** Why it is down, or what carries it. */
  String linkReason();

  /** For people: interface, mode wanted and got, MTU, driver, emulation settings. */
  Map<String, Object> details();

  @Override
  void close();

  /** A NIC's transmit queue. */
  interface NicTxQueue extends TxQueue, AutoCloseable {
    /**
     * Tells the queue whose loop it works for, before its first transmit. The queue takes chunks
     * for frames that it must copy, and gives buffers back that it took once they are sent.
     */
    void bind(LoopBuffers buffers);

    /** The NIC's own counters by the NIC's names. Any thread. */
    Map<String, Long> counters();

    @Override
    void close();

    /** As {@link NicRxQueue#recoverAfterClose}, for frames that were being sent. */
    default void recoverAfterClose(NicRxQueue.Recovered recovered) {}
  }
}
