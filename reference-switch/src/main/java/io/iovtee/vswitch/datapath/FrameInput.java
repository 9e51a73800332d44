// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/** Where frames come from: a NIC's receive queue, a guest's transmit virtqueue, another loop. */
public interface FrameInput {
  /**
   * Adds received frames to the empty batch, at most {@link FrameBatch#CAPACITY}. Poll thread.
   *
   * @return frames added
   */
  int poll(FrameBatch batch);
}
