// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.datapath.NicRxQueue.Recovered;
import java.util.Arrays;

/**
 * Which buffers are with the NIC: first in, first out, as the kernel uses them. One thread.
 *
 * <p>The kernel takes fill entries in order, but a driver may recycle a buffer of a frame that it
 * dropped, so a returned offset that is not the oldest is searched for. One that was never posted
 * is refused: nothing may be read or published there.
 *
 * <p>The kernel accepts an address twice and then puts two frames into one buffer. A bit for each
 * 64 bytes of the UMEM, a unit, says where frames of posted buffers begin, and a buffer that begins
 * so near to one of them that their frames could overlap is refused; up to 63 bytes too many are,
 * never one too few. None too many as long as all frames begin near the start of their units: Linux
 * guests post 1536 bytes beside 1536 bytes, each at a unit's start.
 */
final class BufferLedger {
  private static final int UNIT_SHIFT = 6;

  private static final int UNIT_MASK = (1 << UNIT_SHIFT) - 1;

  /** Owners that the counters start with; more appear with guests. */
  private static final int OWNER_COUNT = 64;

  private final int mask;
  private final long[] offset;
  private final long[] address;
  private final int[] token;
  private final int[] owner;
  private final byte[] reason;
  private long[] starts = new long[0];
  private int[] countOfOwner = new int[OWNER_COUNT];
  private int frameLengthMax;

  /** How far behind the start of its unit a frame has begun at most since the ledger started. */
  private int farthestInUnit;

  /** Oldest entry and next free one, free-running. */
  private int oldest;

  private int next;

  BufferLedger(int size) {
    mask = size - 1;
    offset = new long[size];
    address = new long[size];
    token = new int[size];
    owner = new int[size];
    reason = new byte[size];
  }

  /**
   * Begins anew for a UMEM; the ledger must be empty. Control thread.
   *
   * @param umemLength bytes
   * @param longestFrame bytes that a frame has at most
   */
  void start(long umemLength, int longestFrame) {
    if (count() != 0) {
      throw new IllegalStateException("ledger is not empty: count=" + count());
    }
    // One word of margin at each end, so that a look to both sides needs no check.
    starts = new long[(int) (umemLength >> (UNIT_SHIFT + 6)) + 3];
    frameLengthMax = longestFrame;
    farthestInUnit = 0;
  }

  /** Buffers that are with the NIC. */
  int count() {
    return next - oldest;
  }

  int free() {
    return mask + 1 - count();
  }

  /** Buffers of an owner that are with the NIC. */
  int count(int ofOwner) {
    return ofOwner < countOfOwner.length ? countOfOwner[ofOwner] : 0;
  }

  /**
   * Notes a buffer; there must be room.
   *
   * @return false when a frame in it could overlap one in a buffer that is with the NIC
   */
  boolean add(
      long frameOffset, long frameAddress, int bufferToken, int bufferOwner, byte copyReason) {
    long unit = (frameOffset >> UNIT_SHIFT) + Long.SIZE;
    int inUnit = (int) frameOffset & UNIT_MASK;
    farthestInUnit = Math.max(farthestInUnit, inUnit);
    if (isStartNear(unit, inUnit)) {
      return false;
    }
    setStart(unit, true);
    int slot = next++ & mask;
    offset[slot] = frameOffset;
    address[slot] = frameAddress;
    token[slot] = bufferToken;
    owner[slot] = bufferOwner;
    reason[slot] = copyReason;
    count(bufferOwner, 1);
    return true;
  }

  /**
   * Whether a frame begins so near that the two could overlap, wherever in its unit it begins: the
   * one before as late as any has, the one behind at its unit's start.
   */
  private boolean isStartNear(long unit, int inUnit) {
    long first = unit - ((frameLengthMax - 1 + farthestInUnit - inUnit) >> UNIT_SHIFT);
    long last = unit + ((frameLengthMax - 1 + inUnit) >> UNIT_SHIFT);
    int firstWord = (int) (first >> 6);
    int lastWord = (int) (last >> 6);
    long fromFirst = -1L << first;
    long toLast = -1L >>> (63 - last);
    if (firstWord == lastWord) {
      return (starts[firstWord] & fromFirst & toLast) != 0;
    }
    return (starts[firstWord] & fromFirst) != 0 || (starts[lastWord] & toLast) != 0;
  }

  private void setStart(long unit, boolean value) {
    int word = (int) (unit >> 6);
    long bit = 1L << unit;
    starts[word] = value ? starts[word] | bit : starts[word] & ~bit;
  }

  private void count(int ofOwner, int difference) {
    if (ofOwner >= countOfOwner.length) {
      countOfOwner = Arrays.copyOf(countOfOwner, Math.max(ofOwner + 1, 2 * countOfOwner.length));
    }
    countOfOwner[ofOwner] += difference;
  }

  /** Owner of the buffer that the NIC fills next; -1 if it has none. */
  int nextOwner() {
    return count() == 0 ? -1 : owner[oldest & mask];
  }

  /** What that buffer was posted with. */
  byte nextReason() {
    return reason[oldest & mask];
  }

  /** Whether the NIC returned the oldest buffer, as it should. */
  boolean isOldest(long frameOffset) {
    return count() > 0 && offset[oldest & mask] == frameOffset;
  }

  /**
   * Takes out the buffer that a frame was written to.
   *
   * @return its slot for the accessors below, valid until the next {@link #add}; -1 when no such
   *     buffer is with the NIC
   */
  int take(long frameOffset) {
    if (!isOldest(frameOffset) && !bringToFront(frameOffset)) {
      return -1;
    }
    int slot = oldest++ & mask;
    setStart((frameOffset >> UNIT_SHIFT) + Long.SIZE, false);
    count(owner[slot], -1);
    return slot;
  }

  private boolean bringToFront(long frameOffset) {
    int front = oldest & mask;
    for (int i = oldest; i != next; i++) {
      int slot = i & mask;
      if (offset[slot] == frameOffset) {
        swap(slot, front);
        return true;
      }
    }
    return false;
  }

  private void swap(int a, int b) {
    long o = offset[a];
    offset[a] = offset[b];
    offset[b] = o;
    long f = address[a];
    address[a] = address[b];
    address[b] = f;
    int t = token[a];
    token[a] = token[b];
    token[b] = t;
    int w = owner[a];
    owner[a] = owner[b];
    owner[b] = w;
    byte r = reason[a];
    reason[a] = reason[b];
    reason[b] = r;
  }

  long address(int slot) {
    return address[slot];
  }

  int token(int slot) {
    return token[slot];
  }

  int owner(int slot) {
    return owner[slot];
  }

  byte reason(int slot) {
    return reason[slot];
  }

  /** Takes every buffer out, oldest first. Control thread, once the NIC has let go of them. */
  void recover(Recovered recovered) {
    while (count() > 0) {
      int slot = take(offset[oldest & mask]);
      recovered.buffer(owner[slot], token[slot]);
    }
  }
}
