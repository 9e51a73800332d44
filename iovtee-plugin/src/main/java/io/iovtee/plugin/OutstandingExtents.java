// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.GuestReceiveRing;
import java.util.Arrays;

/**
 * Which bytes of guest memory the NIC may write now: one extent of fixed length per lent head. A
 * buffer that overlaps one of them would put two frames on top of each other.
 *
 * <p>A hash table of address units with chains through per-head arrays. It grows with the ring, not
 * with the guest's memory: a ring of 1024 takes 28 KiB however many gigabytes the guest has, so it
 * stays in the first-level caches where a bitmap of a 256 MiB guest (512 KiB at 64 bytes a bit)
 * would not. Units are the power of two at or above the extent's length, so an overlap can only be
 * in the units of the extent's first and last byte and in the one before; neighbouring units have
 * neighbouring buckets, which makes that one or two cache lines.
 *
 * <p>The source is not told when a buffer is published. Extents of published heads stay until the
 * head is taken again, and are dropped when they are in the way and the ring says that the head is
 * no longer taken.
 *
 * <p>One poll thread.
 */
final class OutstandingExtents {
  /**
   * Extents in one bucket. A guest that posts what it likes makes three or four of a bucket's
   * entries at most; one that aims at a bucket gets its buffers copied instead of our time.
   */
  static final int CHAIN_MAX = 8;

  private static final int BUCKETS_PER_HEAD = 4;
  private static final int NONE = -1;

  /** Spreads strides of whole table lengths (a buffer per 64 KiB) over the buckets. */
  private static final long ROW_SHIFT = 0x9E3779B97F4A7C15L;

  private final GuestReceiveRing ring;
  private final int extentLength;
  private final int unitBits;
  private final int bucketBits;
  private final int bucketMask;
  private final int[] firstHead;
  private final int[] nextHead;
  private final long[] start;
  private final boolean[] present;

  OutstandingExtents(GuestReceiveRing ring, int extentLength) {
    if (extentLength <= 0) {
      throw new IllegalArgumentException("extent length must be above 0: length=" + extentLength);
    }
    int size = ring.size();
    this.ring = ring;
    this.extentLength = extentLength;
    unitBits = 32 - Integer.numberOfLeadingZeros(extentLength - 1);
    bucketBits = 32 - Integer.numberOfLeadingZeros(size * BUCKETS_PER_HEAD - 1);
    bucketMask = (1 << bucketBits) - 1;
    firstHead = new int[bucketMask + 1];
    Arrays.fill(firstHead, NONE);
    nextHead = new int[size];
    start = new long[size];
    present = new boolean[size];
  }

  /**
   * Adds the head's extent unless it overlaps one that is outstanding.
   *
   * @param head not in the table: see {@link #remove}
   * @return false when it overlaps, or when its bucket is full
   */
  boolean add(int head, long address) {
    long lowest = (address - extentLength + 1) >> unitBits;
    long highest = (address + extentLength - 1) >> unitBits;
    for (long unit = lowest; unit <= highest; unit++) {
      if (overlaps(unit, address)) {
        return false;
      }
    }
    int bucket = bucketOf(address >> unitBits);
    if (lengthOf(bucket) >= CHAIN_MAX && !dropPublished(bucket)) {
      return false;
    }
    start[head] = address;
    present[head] = true;
    nextHead[head] = firstHead[bucket];
    firstHead[bucket] = head;
    return true;
  }

  /** Forgets the head's extent; nothing happens when there is none. */
  void remove(int head) {
    if (!present[head]) {
      return;
    }
    present[head] = false;
    int bucket = bucketOf(start[head] >> unitBits);
    int at = firstHead[bucket];
    if (at == head) {
      firstHead[bucket] = nextHead[head];
      return;
    }
    while (nextHead[at] != head) {
      at = nextHead[at];
    }
    nextHead[at] = nextHead[head];
  }

  private boolean overlaps(long unit, long address) {
    int head = firstHead[bucketOf(unit)];
    while (head != NONE) {
      int next = nextHead[head];
      long distance = start[head] - address;
      if (distance < extentLength && -distance < extentLength) {
        if (ring.isTaken(head)) {
          return true;
        }
        remove(head);
      }
      head = next;
    }
    return false;
  }

  private int lengthOf(int bucket) {
    int length = 0;
    for (int head = firstHead[bucket]; head != NONE; head = nextHead[head]) {
      length++;
    }
    return length;
  }

  /** Makes room in a full bucket; false when every head in it is still taken. */
  private boolean dropPublished(int bucket) {
    boolean dropped = false;
    int head = firstHead[bucket];
    while (head != NONE) {
      int next = nextHead[head];
      if (!ring.isTaken(head)) {
        remove(head);
        dropped = true;
      }
      head = next;
    }
    return dropped;
  }

  private int bucketOf(long unit) {
    return (int) (unit + (unit >>> bucketBits) * ROW_SHIFT) & bucketMask;
  }
}
