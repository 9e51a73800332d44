// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/**
 * Owner ids of lenders: one for each guest virtqueue, so that a frame's buffer leads straight back
 * to the ring that lent it. {@link FrameBatch#HOST_POOL} is 0.
 */
public final class OwnerIds {
  /** Queue pairs of one guest port: what MQ negotiates at most; 8 as testpmd setups use. */
  public static final int QUEUE_PAIRS_MAX = 8;

  /** Port numbers 1..this. Every per-port table of a loop has this many rows. */
  public static final int PORTS_MAX = 255;

  /** Size of a table indexed by owner id. */
  public static final int COUNT = (PORTS_MAX + 1) * QUEUE_PAIRS_MAX * 2;

  /**
   * Id of frames in a hand-over ring: an odd id of no port, so that outputs copy them and nobody
   * takes them.
   */
  public static final int HANDOVER = 1;

  private OwnerIds() {}

  /** Id of a guest's receive virtqueue. */
  public static int receive(int portNumber, int queuePair) {
    return (portNumber * QUEUE_PAIRS_MAX + queuePair) * 2;
  }

  /** Id of a guest's transmit virtqueue. */
  public static int transmit(int portNumber, int queuePair) {
    return receive(portNumber, queuePair) + 1;
  }

  /** The port an id belongs to; 0 for the host pool. */
  public static int port(int owner) {
    return owner / (QUEUE_PAIRS_MAX * 2);
  }

  /** The queue pair an id belongs to. */
  public static int queuePair(int owner) {
    return (owner >> 1) & (QUEUE_PAIRS_MAX - 1);
  }
}
