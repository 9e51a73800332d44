// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.vswitch.linux.AddressSpace;
import java.util.function.Consumer;

/**
 * The far end of the emulated wire: what becomes of transmitted frames. Called by the thread that
 * emulates the hardware: several poll threads, each with its own queue number, or the DMA thread.
 */
public interface FrameSink {
  /**
   * Takes one frame that lies in two pieces.
   *
   * @param txQueue the transmit queue that sends it
   * @param head holds the first {@code headLength} bytes, from {@code headOffset} on
   * @param restAddress process address of the other {@code restLength} bytes
   * @return false when it can not take the frame now; then the frame stays with the sender
   * @throws InternalError when the page under the second piece is gone; nothing is taken then
   */
  boolean accept(
      int txQueue, byte[] head, int headOffset, int headLength, long restAddress, int restLength);

  /** Whether frames can pass. */
  default boolean linkUp() {
    return true;
  }

  /** For people: {@code pcap file /tmp/out.pcap}. */
  String description();

  /** Releases files; no frame comes afterwards. Control thread. */
  default void close() {}

  /** Hands each frame to a consumer as an array of its own: for tests. */
  static FrameSink to(Consumer<byte[]> consumer) {
    return new FrameSink() {
      @Override
      public boolean accept(
          int txQueue,
          byte[] head,
          int headOffset,
          int headLength,
          long restAddress,
          int restLength) {
        byte[] frame = new byte[headLength + restLength];
        System.arraycopy(head, headOffset, frame, 0, headLength);
        AddressSpace.copyToArrayGuarded(restAddress, frame, headLength, restLength);
        consumer.accept(frame);
        return true;
      }

      @Override
      public String description() {
        return "consumer";
      }
    };
  }
}
