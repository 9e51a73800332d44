// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/**
 * Where the emulated NIC's received frames come from. Runs on the thread that holds the engine;
 * must not block, and stays within {@link DmaEngine#BURST} frames per ring and step.
 */
interface TrafficSource {
  /**
   * Writes frames into unfilled descriptors.
   *
   * @param rings all rings of the engine
   * @param demand the queue that is being polled, or -1 for all; sources with an infinite load
   *     serve only that one
   * @param nowNs the clock, nanoseconds; any number if the source is not {@link #isPaced}
   * @return frames received
   */
  int run(RxRing[] rings, int demand, long nowNs);

  /** Whether what comes next depends on the clock. */
  boolean isPaced();

  /** Whether nothing comes from here before somebody announces it. */
  default boolean isQuiet() {
    return false;
  }

  /** Takes up changed steering. Control thread; the next frame goes by it. */
  void steer(Steering steering);

  /** For people: {@code generator, 4 flows of 64 bytes}. */
  String description();
}
