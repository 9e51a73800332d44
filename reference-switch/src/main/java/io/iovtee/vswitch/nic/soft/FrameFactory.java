// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** Fills the payload of generated frames whose headers are written. Engine thread. */
interface FrameFactory {
  /** Bytes of payload that it needs at least. */
  int payloadLengthMin();

  /**
   * Writes {@code frame[offset .. length)}.
   *
   * @param flow the generator's flow, from 0
   * @param sequence the frame's number within its flow, from 0
   */
  void payload(byte[] frame, int offset, int length, int flow, long sequence);
}
