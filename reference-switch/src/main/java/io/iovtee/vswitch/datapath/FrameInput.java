// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/** Where frames come from: a NIC's receive queue, a guest's transmit virtqueue, another loop. */
public interface FrameInput {
  /**
   * Bytes before a frame in memory of ours ({@link FrameBatch#HOST_POOL}) that nothing lies in:
   * rules that push VLAN tags move the frame's start there.
   */
  int HEADROOM = FrameChanges.GROWTH_MAX;

  /** Descriptors that {@link #arm} may name: a NIC queue's, and the kick of who lends to it. */
  int DESCRIPTORS_MAX = 2;

  /**
   * Adds received frames to the empty batch, at most {@link FrameBatch#CAPACITY}. Frames of ours
   * have {@link #HEADROOM} before them. Poll thread.
   *
   * @return frames added
   */
  int poll(FrameBatch batch);

  /**
   * The loop found nothing for long and goes to sleep: asks whoever brings frames to wake it, tells
   * {@code sleep} by what, and then looks once more. An input that nobody can announce frames of
   * lets the loop nap. Poll thread.
   */
  default void arm(LoopSleep sleep) {
    sleep.nap();
  }

  /** The loop is awake: nobody need wake it. Poll thread. */
  default void disarm() {}
}
