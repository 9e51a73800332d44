// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.light;

import io.iovtee.bench.load.FrontendPort;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.virtio.DriverVirtqueue;

/**
 * One port of the light network function: what comes is sent back out of the buffer that it came
 * in, its MAC addresses swapped, as testpmd's {@code macswap} does. One thread; nothing is
 * allocated per frame, and no frame is dropped: what the transmit ring has no room for stays where
 * it is.
 */
final class LightPort {
  private static final int BATCH = 64;

  private final FrontendPort port;
  private final DriverVirtqueue receiveQueue;
  private final DriverVirtqueue transmitQueue;

  /** Buffers that are on no ring. Last in, first out: the lines of that one are still near. */
  private final int[] idle;

  private int idleCount;
  private final int[] tokens = new int[BATCH];
  private final int[] lengths = new int[BATCH];

  /** Takes a port that is connected, and starts it. */
  LightPort(FrontendPort port) {
    this.port = port;
    receiveQueue = port.receiveQueue();
    transmitQueue = port.transmitQueue();
    idle = new int[2 * receiveQueue.size()];
    for (int buffer = 0; buffer < idle.length; buffer++) {
      idle[idleCount++] = buffer;
    }
    post();
    port.start();
  }

  /** Looks at both rings once; returns how many frames it sent back. */
  int turn() {
    int back = transmitQueue.reap(tokens, lengths, BATCH);
    for (int i = 0; i < back; i++) {
      idle[idleCount++] = tokens[i];
    }
    int room = Math.min(BATCH, transmitQueue.freeDescriptors());
    int count = receiveQueue.reap(tokens, lengths, room);
    if (count > 0) {
      sendBack(count);
    }
    if (back + count > 0) {
      post();
    }
    return count;
  }

  private void sendBack(int count) {
    for (int i = 0; i < count; i++) {
      FrontendPort.checkWritten(lengths[i]);
    }
    // A loop of its own: the waits for the lines that the switch's core wrote overlap.
    for (int i = 0; i < count; i++) {
      swapMacs(port.frame(tokens[i]));
    }
    for (int i = 0; i < count; i++) {
      clearHeader(port.header(tokens[i]));
      port.send(tokens[i], lengths[i]);
    }
    port.publishSent();
  }

  private void post() {
    while (idleCount > 0 && port.post(idle[idleCount - 1])) {
      idleCount--;
    }
    port.publishPosted();
  }

  private static void swapMacs(long frame) {
    long destinationAndTwo = AddressSpace.getLong(frame);
    int otherFour = AddressSpace.getInt(frame + 8);
    AddressSpace.putLong(
        frame,
        destinationAndTwo >>> 48
            | Integer.toUnsignedLong(otherFour) << 16
            | destinationAndTwo << 48);
    AddressSpace.putInt(frame + 8, (int) (destinationAndTwo >>> 16));
  }

  /**
   * No offloads (virtio 1.2, 5.1.6.2). Writes nothing where it is so already, and leaves the count
   * of buffers, which has no meaning here: both as DPDK's driver does ({@code
   * virtqueue_clear_net_hdr}). The line stays in both caches then.
   */
  private static void clearHeader(long header) {
    if (AddressSpace.getLong(header) != 0) {
      AddressSpace.putLong(header, 0);
    }
    if (AddressSpace.getShort(header + 8) != 0) {
      AddressSpace.putShort(header + 8, (short) 0);
    }
  }

  void close() {
    port.close();
  }
}
