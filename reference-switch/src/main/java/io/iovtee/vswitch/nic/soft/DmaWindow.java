// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

/**
 * Where the emulated NIC may write: the host pool by its own mapping, and the current window (the
 * attached guest's, in which the pool appears again at the start; or only the pool). The driver
 * side checks it when a buffer is posted, the DMA engine again before it writes, as an IOMMU does.
 * Immutable.
 */
final class DmaWindow {
  private final long poolStart;
  private final long poolEnd;
  private final long start;
  private final long end;

  private DmaWindow(long poolStart, long poolEnd, long start, long end) {
    this.poolStart = poolStart;
    this.poolEnd = poolEnd;
    this.start = start;
    this.end = end;
  }

  /** Only the host pool. */
  static DmaWindow pool(long poolStart, long length) {
    long end = poolStart + length;
    return new DmaWindow(poolStart, end, poolStart, end);
  }

  /** The host pool and a guest's window, whose first bytes are the pool again. */
  DmaWindow withGuest(long windowStart, long length) {
    return new DmaWindow(poolStart, poolEnd, windowStart, windowStart + length);
  }

  /** The pool alone again. */
  DmaWindow withoutGuest() {
    return new DmaWindow(poolStart, poolEnd, poolStart, poolEnd);
  }

  long start() {
    return start;
  }

  long end() {
    return end;
  }

  /**
   * Whether {@code length} bytes from {@code address} on may be written. Safe for any address: both
   * differences are non-negative only if the address is inside, since they add up to the window's
   * length modulo 2^64.
   */
  boolean contains(long address, int length) {
    return (address - start >= 0 && end - address >= length)
        || (address - poolStart >= 0 && poolEnd - address >= length);
  }
}
