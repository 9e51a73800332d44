// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.GuestMemory;

/**
 * Finds out that a virtual machine's memory was not shared with us. Then the front-end's file is a
 * copy that nobody writes to: all is negotiated, rings start, and nothing ever comes. Nothing in
 * the protocol tells; but when a machine has a driver that starts rings, its firmware and its
 * kernel have long written to the lowest memory.
 */
final class UnsharedMemory {
  /** Conventional memory of a PC, which is one region on every kind of machine; bytes. */
  private static final int LOWEST_BYTES = 640 << 10;

  private UnsharedMemory() {}

  /** What to do about it, for people; empty if the memory looks shared, or is no machine's. */
  static String hint(GuestMemory memory) {
    long lowest = memory.translateGuest(0, LOWEST_BYTES);
    if (lowest == GuestMemory.NOT_MAPPED || !isBlank(lowest)) {
      return "";
    }
    return "the guest's lowest memory is all zeros: it seems not to be shared, so nothing will come"
        + " or arrive; QEMU needs share=on at its memory backend, libvirt <access mode='shared'/>";
  }

  private static boolean isBlank(long address) {
    for (int at = 0; at < LOWEST_BYTES; at += Long.BYTES) {
      if (AddressSpace.getLong(address + at) != 0) {
        return false;
      }
    }
    return true;
  }
}
