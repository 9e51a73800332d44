// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/** Who emulates the NIC's hardware. */
public enum DmaPlacement {
  /** INLINE when there are fewer processors than busy threads, else THREAD. */
  AUTO,
  /** A thread of its own, as a NIC works beside the processor. */
  THREAD,
  /** The poll loops, in turn with their own work; the time is accounted apart. */
  INLINE;

  /**
   * Decides AUTO.
   *
   * @param busyThreads threads that will be busy besides the emulated NIC: poll loops, network
   *     functions on the same machine
   */
  DmaPlacement resolve(int processors, int busyThreads) {
    if (this != AUTO) {
      return this;
    }
    return processors < busyThreads + 1 ? INLINE : THREAD;
  }
}
