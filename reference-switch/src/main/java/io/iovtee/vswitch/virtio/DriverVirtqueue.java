// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * The driver side of a split virtqueue (virtio 1.2, 2.7): what a network function runs. Works on
 * plain memory of its own; one thread.
 *
 * <p>Each chain that is added carries a token of the caller's, which {@link #reap} hands back.
 * Descriptors are used again in the order in which they came back, so that with a device that
 * completes in order they are used in ring order, as IN_ORDER demands of a driver (2.7.9).
 */
public final class DriverVirtqueue {
  /** Between the three parts: two cache lines, since prefetchers fetch them in pairs. */
  private static final int PART_ALIGNMENT = 128;

  private static final int INDEX_MASK = 0xffff;

  private final int size;
  private final int mask;
  private final boolean eventIdx;
  private final boolean indirectAllowed;
  private final long hostBase;
  private final long guestBase;
  private final long descTable;
  private final long avail;
  private final long used;

  /** Free descriptors, first in first out. */
  private final int[] free;

  private long freeTaken;
  private long freeGiven;

  /** Of each head in flight: the caller's token, and the descriptors of the chain; 0 = none. */
  private final int[] token;

  private final int[] descriptors;

  /** Where each chain goes on; our own record, not what the device could have rewritten. */
  private final int[] next;

  private long added;
  private long published;
  private long kickChecked;
  private long reaped;

  /**
   * Lays a virtqueue out in memory that is zeroed.
   *
   * @param hostAddress where the rings start in this process, 128-byte aligned; {@link #bytes} long
   * @param guestAddress what the device calls that address
   * @param size ring entries: a power of two, 1..32768
   * @param features what was negotiated ({@link VirtioFeature}); EVENT_IDX and INDIRECT_DESC matter
   */
  public DriverVirtqueue(long hostAddress, long guestAddress, int size, long features) {
    if (size < 1 || size > VirtqueueSetup.SIZE_MAX || Integer.bitCount(size) != 1) {
      throw new VirtqueueException("queue size must be a power of two <= 32768: size=" + size);
    }
    if (hostAddress % PART_ALIGNMENT != 0) {
      throw new VirtqueueException(
          "rings must start at a multiple of %d: address=0x%x"
              .formatted(PART_ALIGNMENT, hostAddress));
    }
    this.size = size;
    mask = size - 1;
    eventIdx = VirtioFeature.EVENT_IDX.in(features);
    indirectAllowed = VirtioFeature.INDIRECT_DESC.in(features);
    hostBase = hostAddress;
    guestBase = guestAddress;
    descTable = hostAddress;
    avail = descTable + padded(VirtqDesc.tableBytes(size));
    used = avail + padded(AvailRing.bytes(size));
    free = new int[size];
    token = new int[size];
    descriptors = new int[size];
    next = new int[size];
    for (int i = 0; i < size; i++) {
      free[i] = i;
    }
    freeGiven = size;
  }

  /** Bytes that the rings of a virtqueue take, a multiple of 128. */
  public static long bytes(int size) {
    return padded(VirtqDesc.tableBytes(size))
        + padded(AvailRing.bytes(size))
        + padded(UsedRing.bytes(size));
  }

  private static long padded(long bytes) {
    return (bytes + PART_ALIGNMENT - 1) & -PART_ALIGNMENT;
  }

  /** Ring entries. */
  public int size() {
    return size;
  }

  /** What the device calls the descriptor table, for SET_VRING_ADDR. */
  public long descAddress() {
    return guestBase;
  }

  /** What the device calls the available ring. */
  public long availAddress() {
    return guestBase + (avail - hostBase);
  }

  /** What the device calls the used ring. */
  public long usedAddress() {
    return guestBase + (used - hostBase);
  }

  /** Descriptors that can be added now, 0..size. */
  public int freeDescriptors() {
    return (int) (freeGiven - freeTaken);
  }

  /** Chains added and not reaped, 0..size. */
  public int outstanding() {
    return (int) (added - reaped);
  }

  /**
   * Adds one buffer; the device sees it after {@link #publish}.
   *
   * @param guestAddress what the device calls its first byte
   * @param length bytes, 1 or more
   * @param deviceWritable true on a receiveq, false on a transmitq
   * @return false when no descriptor is free
   */
  public boolean add(long guestAddress, int length, boolean deviceWritable, int callerToken) {
    if (freeDescriptors() == 0) {
      return false;
    }
    int head = takeDescriptor();
    int flags = deviceWritable ? VirtqDesc.Flag.WRITE : 0;
    writeDescriptor(descTable, head, guestAddress, VirtqDesc.word(length, flags, 0));
    makeAvailable(head, 1, callerToken);
    return true;
  }

  /**
   * Adds a chain of buffers {@code [from..to)}, all readable or all writable by the device.
   *
   * @return false when too few descriptors are free
   */
  public boolean addChain(
      long[] guestAddresses,
      int[] lengths,
      int from,
      int to,
      boolean deviceWritable,
      int callerToken) {
    int count = to - from;
    if (count < 1 || freeDescriptors() < count) {
      return false;
    }
    int head = takeDescriptor();
    int index = head;
    for (int i = from; i < to; i++) {
      boolean last = i == to - 1;
      int following = last ? 0 : takeDescriptor();
      long word = word(lengths[i], deviceWritable, last, following);
      writeDescriptor(descTable, index, guestAddresses[i], word);
      next[index] = following;
      index = following;
    }
    makeAvailable(head, count, callerToken);
    return true;
  }

  /**
   * As {@link #addChain}, through an indirect table in memory of the caller's, which must stay
   * until the chain is reaped; one descriptor of the ring is used.
   *
   * @param tableHostAddress where the table lies in this process, 16 bytes per buffer
   * @param tableGuestAddress what the device calls it
   */
  public boolean addIndirect(
      long tableHostAddress,
      long tableGuestAddress,
      long[] guestAddresses,
      int[] lengths,
      int from,
      int to,
      boolean deviceWritable,
      int callerToken) {
    int count = to - from;
    if (!indirectAllowed || count < 1 || count > size) {
      throw new VirtqueueException(
          "no indirect table: INDIRECT_DESC negotiated=%s, buffers=%d, size=%d"
              .formatted(indirectAllowed, count, size));
    }
    if (freeDescriptors() == 0) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      boolean last = i == count - 1;
      long word = word(lengths[from + i], deviceWritable, last, i + 1);
      writeDescriptor(tableHostAddress, i, guestAddresses[from + i], word);
    }
    int head = takeDescriptor();
    long word = VirtqDesc.word((long) count * VirtqDesc.SIZEOF, VirtqDesc.Flag.INDIRECT, 0);
    writeDescriptor(descTable, head, tableGuestAddress, word);
    makeAvailable(head, 1, callerToken);
    return true;
  }

  private static long word(int length, boolean deviceWritable, boolean last, int next) {
    int flags = (deviceWritable ? VirtqDesc.Flag.WRITE : 0) | (last ? 0 : VirtqDesc.Flag.NEXT);
    return VirtqDesc.word(length, flags, last ? 0 : next);
  }

  private static void writeDescriptor(long table, int index, long guestAddress, long word) {
    long at = VirtqDesc.at(table, index);
    AddressSpace.putLong(at + VirtqDesc.ADDR, guestAddress);
    AddressSpace.putLong(at + VirtqDesc.LEN, word);
  }

  private int takeDescriptor() {
    return free[(int) (freeTaken++ & mask)];
  }

  private void makeAvailable(int head, int descriptorCount, int callerToken) {
    token[head] = callerToken;
    descriptors[head] = descriptorCount;
    AddressSpace.putShort(avail + AvailRing.RING + ((added & mask) << 1), (short) head);
    added++;
  }

  /**
   * Makes all added chains visible with one release store.
   *
   * @return how many there were
   */
  public int publish() {
    int count = (int) (added - published);
    if (count != 0) {
      AddressSpace.putShortRelease(avail + AvailRing.IDX, (short) added);
      published = added;
    }
    return count;
  }

  /**
   * To be asked after {@link #publish}: whether the device wants a kick for what was published
   * since the last time it was asked.
   */
  public boolean needsKick() {
    long count = published - kickChecked;
    if (count == 0) {
      return false;
    }
    kickChecked = published;
    AddressSpace.fullFence();
    if (!eventIdx) {
      return (AddressSpace.getShort(used + UsedRing.FLAGS) & UsedRing.Flag.NO_NOTIFY) == 0;
    }
    int event = AddressSpace.getShort(used + UsedRing.availEvent(size)) & INDEX_MASK;
    return RingNotifications.passes(event, (int) published, count);
  }

  /** Used chains that wait to be reaped, 0..size. */
  public int used() {
    int index = AddressSpace.getUnsignedShortAcquire(used + UsedRing.IDX);
    int count = (index - (int) reaped) & INDEX_MASK;
    if (count > outstanding()) {
      throw new IllegalStateException(
          "device used more than it has: used index=%d, reaped=%d, outstanding=%d"
              .formatted(index, (int) reaped & INDEX_MASK, outstanding()));
    }
    return count;
  }

  /**
   * Takes used chains back, in the order of the used ring; their descriptors are free again.
   *
   * @param tokens receives each chain's token
   * @param lengths receives how many bytes the device says it wrote
   * @param max how many at most; both arrays are that long
   * @return how many
   * @throws IllegalStateException if the device used a chain that it does not have
   */
  public int reap(int[] tokens, int[] lengths, int max) {
    return reap(tokens, lengths, 0, max);
  }

  /** As {@link #reap(int[], int[], int)}, into {@code [from..to)} of the arrays. */
  int reap(int[] tokens, int[] lengths, int from, int to) {
    int count = Math.min(used(), to - from);
    for (int i = from; i < from + count; i++) {
      long element =
          AddressSpace.getLong(used + UsedRing.RING + (reaped & mask) * UsedRing.Element.SIZEOF);
      int head = (int) element;
      if (head < 0 || head > mask || descriptors[head] == 0) {
        throw new IllegalStateException(
            "device used a chain that it does not have: id=%d, size=%d".formatted(head, size));
      }
      tokens[i] = token[head];
      lengths[i] = (int) (element >>> 32);
      giveDescriptors(head);
      reaped++;
    }
    return count;
  }

  private void giveDescriptors(int head) {
    int index = head;
    for (int left = descriptors[head]; left > 0; left--) {
      free[(int) (freeGiven++ & mask)] = index;
      if (left > 1) {
        index = next[index];
      }
    }
    descriptors[head] = 0;
  }

  /**
   * Asks the device not to call (true: while a loop polls), or to call again (false; but see {@link
   * #armCalls}).
   */
  public void suppressCalls(boolean suppress) {
    if (eventIdx) {
      int event = (int) reaped - (suppress ? 1 : 0);
      AddressSpace.putShort(avail + AvailRing.usedEvent(size), (short) event);
    } else {
      int flags = suppress ? AvailRing.Flag.NO_INTERRUPT : 0;
      AddressSpace.putShort(avail + AvailRing.FLAGS, (short) flags);
    }
  }

  /** Asks for a call at the next used chain, and looks again: true if there is one already. */
  public boolean armCalls() {
    suppressCalls(false);
    AddressSpace.fullFence();
    return used() > 0;
  }
}
