// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.GuestMemory;

/**
 * Everything a device-side virtqueue starts from; checked, immutable. Made by the vhost-user
 * session from SET_VRING_NUM, _ADDR, _BASE and SET_FEATURES.
 *
 * @param name port and queue for messages, for example {@code nf1/rx0}
 * @param memory the guest's memory; must stay mapped as long as the virtqueue is used
 * @param descAddress host address of the descriptor table, 16-byte aligned
 * @param availAddress host address of the available ring, 2-byte aligned
 * @param usedAddress host address of the used ring, 4-byte aligned
 * @param size ring entries: a power of two, 1..32768
 * @param nextAvail first entry of the available ring to be looked at, 0..65535
 * @param nextUsed first entry of the used ring to be written, 0..65535
 * @param features acknowledged feature bits ({@link VirtioFeature}); VERSION_1 is among them
 */
public record VirtqueueSetup(
    String name,
    GuestMemory memory,
    long descAddress,
    long availAddress,
    long usedAddress,
    int size,
    int nextAvail,
    int nextUsed,
    long features) {

  /** Largest split ring (virtio 1.2, 2.7). */
  public static final int SIZE_MAX = 32768;

  /**
   * For {@code nextUsed}: go on where the used ring in memory stands. This is the only time that
   * the device reads its own index back from memory that the guest can write.
   */
  public static final int NEXT_USED_FROM_RING = -1;

  /** Where rings may start: alignment in bytes (virtio 1.2, 2.7). */
  private static final int DESC_ALIGNMENT = 16;

  private static final int AVAIL_ALIGNMENT = 2;
  private static final int USED_ALIGNMENT = 4;

  /**
   * Translates and checks a set-up as the front-end gave it.
   *
   * @param descFrontend address of the descriptor table in the front-end's address space
   * @param availFrontend address of the available ring, likewise
   * @param usedFrontend address of the used ring, likewise
   * @param nextUsed 0..65535, or {@link #NEXT_USED_FROM_RING}
   * @throws VirtqueueException if the size is no power of two up to 32768, an index is no 16-bit
   *     number, a ring is misaligned, is not wholly inside one region (its event word included), or
   *     overlaps another ring, or VERSION_1 was not acknowledged
   */
  public static VirtqueueSetup of(
      String name,
      GuestMemory memory,
      long descFrontend,
      long availFrontend,
      long usedFrontend,
      int size,
      int nextAvail,
      int nextUsed,
      long features) {
    checkNumbers(name, size, nextAvail, nextUsed, features);
    long desc =
        translate(
            name,
            memory,
            "descriptor table",
            descFrontend,
            VirtqDesc.tableBytes(size),
            DESC_ALIGNMENT);
    long avail =
        translate(
            name, memory, "available ring", availFrontend, AvailRing.bytes(size), AVAIL_ALIGNMENT);
    long used =
        translate(name, memory, "used ring", usedFrontend, UsedRing.bytes(size), USED_ALIGNMENT);
    if (overlap(desc, VirtqDesc.tableBytes(size), avail, AvailRing.bytes(size))
        || overlap(desc, VirtqDesc.tableBytes(size), used, UsedRing.bytes(size))
        || overlap(avail, AvailRing.bytes(size), used, UsedRing.bytes(size))) {
      throw new VirtqueueException(
          "rings must not overlap: desc=0x%x, avail=0x%x, used=0x%x, size=%d, queue=%s"
              .formatted(descFrontend, availFrontend, usedFrontend, size, name));
    }
    int firstUsed =
        nextUsed == NEXT_USED_FROM_RING
            ? AddressSpace.getUnsignedShortAcquire(used + UsedRing.IDX)
            : nextUsed;
    return new VirtqueueSetup(
        name, memory, desc, avail, used, size, nextAvail, firstUsed, features);
  }

  /** Whether a feature was acknowledged. */
  public boolean has(VirtioFeature feature) {
    return feature.in(features);
  }

  /** Whether any ring of this set-up shares memory with any ring of another one. */
  public boolean overlaps(VirtqueueSetup other) {
    return overlapsRange(other.descAddress, VirtqDesc.tableBytes(other.size))
        || overlapsRange(other.availAddress, AvailRing.bytes(other.size))
        || overlapsRange(other.usedAddress, UsedRing.bytes(other.size));
  }

  private boolean overlapsRange(long address, long bytes) {
    return overlap(descAddress, VirtqDesc.tableBytes(size), address, bytes)
        || overlap(availAddress, AvailRing.bytes(size), address, bytes)
        || overlap(usedAddress, UsedRing.bytes(size), address, bytes);
  }

  private static void checkNumbers(
      String name, int size, int nextAvail, int nextUsed, long features) {
    if (size < 1 || size > SIZE_MAX || Integer.bitCount(size) != 1) {
      throw new VirtqueueException(
          "queue size must be a power of two <= 32768: size=" + size + ", queue=" + name);
    }
    if (nextAvail >>> 16 != 0) {
      throw new VirtqueueException(
          "vring base must be 0..65535: base=" + nextAvail + ", queue=" + name);
    }
    if (nextUsed != NEXT_USED_FROM_RING && nextUsed >>> 16 != 0) {
      throw new VirtqueueException(
          "used index must be 0..65535: index=" + nextUsed + ", queue=" + name);
    }
    if (!VirtioFeature.VERSION_1.in(features)) {
      throw new VirtqueueException(
          "the front-end must acknowledge VERSION_1: features="
              + VirtioFeature.describe(features)
              + ", queue="
              + name);
    }
    if (VirtioFeature.RING_PACKED.in(features)) {
      throw new VirtqueueException("packed rings are not supported: queue=" + name);
    }
  }

  private static long translate(
      String name, GuestMemory memory, String ring, long frontend, long bytes, int alignment) {
    long host = memory.translateFrontend(frontend, bytes);
    if (host == GuestMemory.NOT_MAPPED) {
      throw new VirtqueueException(
          "the %s must lie inside one memory region: address=0x%x, bytes=%d, queue=%s"
              .formatted(ring, frontend, bytes, name));
    }
    if ((host & (alignment - 1)) != 0) {
      throw new VirtqueueException(
          "the %s must be %d-byte aligned: address=0x%x, queue=%s"
              .formatted(ring, alignment, frontend, name));
    }
    return host;
  }

  private static boolean overlap(long a, long aBytes, long b, long bBytes) {
    return a < b + bBytes && b < a + aBytes;
  }
}
