// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

/** The far end of a wire whose other end is a port of the switch. One thread. */
public interface FrameWire extends AutoCloseable {
  /**
   * Sends a frame.
   *
   * @return false if the wire can not take it now; nothing was sent then
   */
  boolean send(byte[] frame, int length);

  /**
   * Takes what has arrived, and gets queued frames going.
   *
   * @return frames taken; 0 if there were none
   */
  int receive(Receiver receiver);

  /** Told of each frame that arrived; the array is valid only during the call. */
  @FunctionalInterface
  interface Receiver {
    void frame(byte[] frame, int length);
  }

  @Override
  void close();
}
