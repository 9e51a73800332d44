// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/**
 * The near end of an emulated wire that somebody else feeds: where received frames come from.
 * Called by the thread that emulates the hardware, which must not be made to wait.
 */
public interface FrameSource {
  /** Frames that wait, oldest first; those stay until they are {@linkplain #remove removed}. */
  int waiting();

  /**
   * Writes the {@code ahead}-th waiting frame into a buffer.
   *
   * @param ahead 0 for the oldest, less than {@link #waiting}
   * @param address process address of the buffer, which holds the port's longest frame
   * @return the frame's length, bytes without FCS
   */
  int write(int ahead, long address);

  /** Takes the oldest frames off the wire. */
  void remove(int count);

  /** For people: {@code wire from a load generator}. */
  String description();
}
