// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.MemoryRegion;
import java.util.List;

/**
 * Translates guest-physical addresses, the region of the last hit first: the buffers of one
 * virtqueue nearly always lie in one region. One thread.
 */
final class RegionCache {
  private final long[] guestAddress;
  private final long[] size;
  private final long[] hostAddress;

  /** The region of the last hit. */
  private long hitGuest;

  private long hitSize;
  private long hitHost;

  RegionCache(GuestMemory memory) {
    List<MemoryRegion> regions = memory.regions();
    int count = regions.size();
    guestAddress = new long[count];
    size = new long[count];
    hostAddress = new long[count];
    for (int i = 0; i < count; i++) {
      MemoryRegion region = regions.get(i);
      guestAddress[i] = region.guestAddress();
      size[i] = region.size();
      hostAddress[i] = region.hostAddress();
    }
    hitGuest = guestAddress[0];
    hitSize = size[0];
    hitHost = hostAddress[0];
  }

  /**
   * Host address of a guest-physical range, or {@link GuestMemory#NOT_MAPPED} unless all of it lies
   * in one region. Safe for any address.
   *
   * @param length 1..2^32
   */
  long translate(long address, long length) {
    long offset = address - hitGuest;
    // Behind the region the right side is negative, in front of it the offset is: no sum can wrap.
    if (offset >= 0 && length <= hitSize - offset) {
      return hitHost + offset;
    }
    return find(address) && length <= hitSize - (address - hitGuest)
        ? hitHost + (address - hitGuest)
        : GuestMemory.NOT_MAPPED;
  }

  /**
   * How many bytes, from a guest-physical address on, lie in the address's region: what can be
   * reached of a buffer that goes on in the next region. 0 if the address is in no region.
   */
  long reach(long address) {
    return find(address) ? hitSize - (address - hitGuest) : 0;
  }

  /** Whether a range of process addresses lies in one region. */
  boolean containsHost(long address, long length) {
    for (int i = 0; i < hostAddress.length; i++) {
      long offset = address - hostAddress[i];
      if (offset >= 0 && length >= 0 && length <= size[i] - offset) {
        return true;
      }
    }
    return false;
  }

  /** Makes the region that holds the address the last hit; false if there is none. */
  private boolean find(long address) {
    for (int i = 0; i < guestAddress.length; i++) {
      if (Long.compareUnsigned(address - guestAddress[i], size[i]) < 0) {
        hitGuest = guestAddress[i];
        hitSize = size[i];
        hitHost = hostAddress[i];
        return true;
      }
    }
    return false;
  }
}
