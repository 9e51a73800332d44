// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The device side of a split virtqueue (virtio 1.2, 2.7): what receive and transmit have in common.
 *
 * <p>A head goes through these states: the driver makes it available; we <em>take</em> it, and it
 * is outstanding; we {@link #complete} it, which writes its used element; {@link #publish} makes
 * all used elements visible at once. The rings' positions are counted in longs that never wrap, and
 * cut to 16 bits only where they meet the ring. Our own indices are never read back from memory
 * that the guest can write.
 *
 * <p>All methods belong to the poll thread that owns the virtqueue, except those that say "any
 * thread". A truncated guest file makes any of them throw {@link InternalError}, possibly late; the
 * object then still is in a state from which it can be stopped or dropped.
 */
public abstract sealed class SplitVirtqueue permits ReceiveVirtqueue, TransmitVirtqueue {
  /** The driver's: not taken, or completed. */
  static final byte FREE = 0;

  /** Taken: lent, or being worked on. */
  static final byte TAKEN = 1;

  /** Taken, and waiting for the copy path to use it. */
  static final byte RETURNED = 2;

  /** With IN_ORDER only: completed, but a head taken earlier is not. */
  static final byte DONE = 3;

  /** Mark used by {@link #rewind} while it compares. */
  private static final byte SEEN = 16;

  /** Heads per step. */
  static final int HEADS_MAX = 128;

  private static final int INDEX_MASK = 0xffff;

  private static final VarHandle AVAIL_COUNT;
  private static final VarHandle USED_COUNT;
  private static final VarHandle FAULT;
  private static final VarHandle COUNTERS =
      MethodHandles.arrayElementVarHandle(long[].class).withInvokeExactBehavior();

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      AVAIL_COUNT = lookup.findVarHandle(SplitVirtqueue.class, "availCount", long.class);
      USED_COUNT = lookup.findVarHandle(SplitVirtqueue.class, "usedCount", long.class);
      FAULT = lookup.findVarHandle(SplitVirtqueue.class, "fault", RingFault.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final long descTable;
  final long availRing;
  final int mask;
  final boolean inOrder;
  final RegionCache regions;

  /** Heads that {@link #takeHeads} took, and their descriptors as they were loaded, once. */
  final int[] heads = new int[HEADS_MAX];

  final long[] guestAddress = new long[HEADS_MAX];
  final long[] word = new long[HEADS_MAX];

  /** State of each head. */
  final byte[] state;

  /** Heads in the order in which they were taken; in use only with IN_ORDER. */
  final TakenOrder order;

  /** Heads taken since the ring began; its low 16 bits are the next available entry. */
  long availCount;

  /** The available index as last loaded, 16 bits. */
  int seenAvail;

  /** True once broken or stopped: nothing can be taken. */
  boolean closed;

  private final String name;
  private final int size;
  private final long availIndexAt;
  private final long usedRing;
  private final long usedIndexAt;
  private final long firstAvail;
  private final long firstUsed;
  private final RingNotifications notifications;
  private final long[] refused = new long[ChainFault.values().length];

  /** Used elements written since the ring began; its low 16 bits are the next used entry. */
  private long usedCount;

  private long publishedUsed;

  private RingFault fault = RingFault.NONE;
  private int faultValue;
  private int faultAt;

  SplitVirtqueue(VirtqueueSetup setup) {
    name = setup.name();
    size = setup.size();
    mask = size - 1;
    inOrder = setup.has(VirtioFeature.IN_ORDER);
    regions = new RegionCache(setup.memory());
    descTable = setup.descAddress();
    availRing = setup.availAddress() + AvailRing.RING;
    availIndexAt = setup.availAddress() + AvailRing.IDX;
    usedRing = setup.usedAddress() + UsedRing.RING;
    usedIndexAt = setup.usedAddress() + UsedRing.IDX;
    state = new byte[size];
    order = new TakenOrder(inOrder ? size : 0);
    firstAvail = setup.nextAvail();
    firstUsed = setup.nextUsed();
    availCount = firstAvail;
    seenAvail = setup.nextAvail();
    usedCount = firstUsed;
    publishedUsed = firstUsed;
    notifications = new RingNotifications(setup);
  }

  /** Port and queue, for messages. Any thread. */
  public final String name() {
    return name;
  }

  /** Ring entries. Any thread. */
  public final int size() {
    return size;
  }

  /** Whether completions keep the order of the available ring (IN_ORDER). Any thread. */
  public final boolean inOrder() {
    return inOrder;
  }

  /**
   * Loads the available index.
   *
   * @return heads that the driver has made available and nobody has taken, 0..size
   */
  public final int available() {
    if (closed) {
      return 0;
    }
    // Pairs with the driver's release store: what it wrote before is visible after this load.
    int index = AddressSpace.getUnsignedShortAcquire(availIndexAt);
    int count = (index - (int) availCount) & INDEX_MASK;
    if (count > size || count < knownAvailable()) {
      breakRing(RingFault.AVAIL_INDEX_JUMP, index);
      return 0;
    }
    seenAvail = index;
    notifications.advance(availCount);
    return count;
  }

  /** Heads available as of the last load of the index, and not taken since. */
  public final int knownAvailable() {
    return (seenAvail - (int) availCount) & INDEX_MASK;
  }

  /**
   * Takes the next head.
   *
   * @return the head, or -1 when there is none (or the virtqueue just broke)
   */
  final int takeNext() {
    if (knownAvailable() == 0 && available() == 0) {
      return -1;
    }
    long position = availCount;
    int entry = AddressSpace.getShort(availRing + ((position & mask) << 1)) & 0xffff;
    // A load that faults leaves anything in its register, not even 16 bits: only what was masked
    // after the load may index an array.
    int head = entry & mask;
    if (head != entry) {
      breakRing(RingFault.HEAD_OUT_OF_RANGE, entry);
      return -1;
    }
    if (state[head] != FREE) {
      breakRing(RingFault.HEAD_OUTSTANDING, head);
      return -1;
    }
    state[head] = TAKEN;
    if (inOrder) {
      order.note(position - firstAvail, head);
    }
    availCount = position + 1;
    return head;
  }

  /**
   * Takes the next heads with their descriptors: {@link #heads}, {@link #guestAddress} and {@link
   * #word} hold them. Nothing is looked at here that was loaded from a descriptor: so the loads of
   * a whole batch, most of which wait for the guest's core, wait together.
   *
   * @param max at most {@link #HEADS_MAX}
   * @return how many, fewer when there are not so many (or the virtqueue just broke)
   */
  final int takeHeads(int max) {
    int known = knownAvailable();
    int count = Math.min(max, known >= max ? known : available());
    long position = availCount;
    int taken = 0;
    while (taken < count) {
      int entry = AddressSpace.getShort(availRing + (((position + taken) & mask) << 1)) & 0xffff;
      int head = entry & mask; // see takeNext
      if (head != entry || state[head] != FREE) {
        availCount = position + taken;
        breakRing(head != entry ? RingFault.HEAD_OUT_OF_RANGE : RingFault.HEAD_OUTSTANDING, entry);
        break;
      }
      state[head] = TAKEN;
      long at = VirtqDesc.at(descTable, head);
      heads[taken] = head;
      guestAddress[taken] = AddressSpace.getLong(at + VirtqDesc.ADDR);
      word[taken] = AddressSpace.getLong(at + VirtqDesc.LEN);
      taken++;
    }
    if (inOrder) {
      order.note(position - firstAvail, heads, taken);
    }
    availCount = position + taken;
    return taken;
  }

  /** The heads taken last, {@code heads[from..to)} of {@link #takeHeads}, stay in the ring. */
  final void untake(int from, int to) {
    for (int i = from; i < to; i++) {
      state[heads[i]] = FREE;
    }
    availCount -= to - from;
    if (closed) {
      forgetAvailable(); // they are in the ring again, but of a broken one nothing can be taken
    }
  }

  /**
   * Writes the used element of a taken head; the driver sees it after {@link #publish}. A head that
   * is not taken is left alone.
   *
   * @param writtenLength bytes written into the buffer from its first byte on, virtio-net header
   *     included; 0 on a transmitq
   */
  public final void complete(int head, int writtenLength) {
    if (state[head] != TAKEN) {
      return;
    }
    if (inOrder) {
      completeInOrder(head, writtenLength);
      return;
    }
    writeElement(usedCount, head, writtenLength);
  }

  /**
   * As {@link #complete} for the first {@code count} of {@link #heads}.
   *
   * @param lengths bytes written, by {@code index[from..from + count)}
   * @param more bytes written besides, of each
   */
  final void completeTaken(int count, int[] lengths, int[] index, int from, int more) {
    if (inOrder && !continuesOrder(heads, 0, count)) {
      for (int i = 0; i < count; i++) {
        complete(heads[i], lengths[index[from + i]] + more);
      }
      return;
    }
    long position = usedCount;
    for (int i = 0; i < count; i++) {
      int head = heads[i];
      AddressSpace.putLong(
          usedRing + (position + i & mask) * UsedRing.Element.SIZEOF,
          UsedRing.Element.of(head, lengths[index[from + i]] + more));
      state[head] = FREE;
    }
    usedCount = position + count;
  }

  /**
   * As {@link #complete} for {@code heads[index[from..to)]}.
   *
   * @param lengths bytes written by the same indexes
   * @param more bytes written besides, of each
   */
  final void completeWritten(int[] heads, int[] lengths, int[] index, int from, int to, int more) {
    if (inOrder && !continuesOrder(heads, index, from, to)) {
      for (int k = from; k < to; k++) {
        complete(heads[index[k]], lengths[index[k]] + more);
      }
      return;
    }
    long position = usedCount;
    for (int k = from; k < to; k++) {
      int i = index[k];
      int head = heads[i];
      if (state[head] == TAKEN) {
        AddressSpace.putLong(
            usedRing + (position & mask) * UsedRing.Element.SIZEOF,
            UsedRing.Element.of(head, lengths[i] + more));
        state[head] = FREE;
        position++;
      }
    }
    usedCount = position;
  }

  /** As {@link #complete} with nothing written, for {@code heads[from..to)}: frames were read. */
  public final void completeRead(int[] heads, int from, int to) {
    if (inOrder && !continuesOrder(heads, from, to)) {
      for (int i = from; i < to; i++) {
        complete(heads[i], 0);
      }
      return;
    }
    long position = usedCount;
    for (int i = from; i < to; i++) {
      int head = heads[i];
      if (state[head] == TAKEN) {
        AddressSpace.putLong(
            usedRing + (position & mask) * UsedRing.Element.SIZEOF, UsedRing.Element.of(head, 0));
        state[head] = FREE;
        position++;
      }
    }
    usedCount = position;
  }

  /**
   * With IN_ORDER: whether it is the turn of {@code heads[from..to)}. Then all of them are taken:
   * none is done, since none waits, and {@link #hasReturned} says that none was given back.
   */
  private boolean continuesOrder(int[] heads, int from, int to) {
    return !hasReturned() && order.continues(usedCount - firstUsed, heads, from, to);
  }

  /** The same for {@code heads[index[from..to)]}. */
  private boolean continuesOrder(int[] heads, int[] index, int from, int to) {
    int first = index[from];
    int end = index[to - 1] + 1;
    return end - first == to - from && continuesOrder(heads, first, end);
  }

  /** Writes the element if all heads taken earlier have theirs, and then those that waited. */
  private void completeInOrder(int head, int writtenLength) {
    if (order.waiting() == 0 && oldest() == head) {
      writeElement(usedCount, head, writtenLength);
      return;
    }
    state[head] = DONE;
    order.hold(head, writtenLength);
    int front = oldest();
    while (front >= 0 && state[front] == DONE) {
      writeElement(usedCount, front, order.release(front));
      front = oldest();
    }
  }

  private void writeElement(long position, int head, int writtenLength) {
    AddressSpace.putLong(
        usedRing + (position & mask) * UsedRing.Element.SIZEOF,
        UsedRing.Element.of(head, writtenLength));
    state[head] = FREE;
    usedCount = position + 1;
  }

  /** With IN_ORDER: the head taken first of those that have no used element yet; -1 if none. */
  private int oldest() {
    long position = usedCount - firstUsed;
    return position == availCount - firstAvail ? -1 : order.at(position);
  }

  /** With IN_ORDER: the head taken first of those that are {@link #RETURNED}; there is one. */
  final int oldestReturned() {
    long position = usedCount - firstUsed;
    while (state[order.at(position)] != RETURNED) {
      position++;
    }
    return order.at(position);
  }

  /**
   * Whether two outstanding heads will stand together in the used ring if they are completed one
   * after the other, as the buffers of one frame must. With IN_ORDER that takes two heads that were
   * taken one after the other.
   */
  final boolean areNeighbours(int head, int following) {
    return !inOrder
        || order.areNeighbours(usedCount - firstUsed, availCount - firstAvail, head, following);
  }

  /**
   * Makes all completions visible with one release store.
   *
   * @return how many there were
   */
  public final int publish() {
    if (order.waiting() > 0) {
      passReturned();
    }
    int count = (int) (usedCount - publishedUsed);
    if (count != 0) {
      AddressSpace.putShortRelease(usedIndexAt, (short) usedCount);
      publishedUsed = usedCount;
    }
    return count;
  }

  /**
   * With IN_ORDER: a head that waits for the copy path holds up completed ones behind it. Frames
   * must not wait for a frame that may never come, so the head goes back empty.
   */
  private void passReturned() {
    int front = oldest();
    while (order.waiting() > 0 && state[front] == RETURNED) {
      onPassed();
      state[front] = TAKEN;
      completeInOrder(front, 0);
      front = oldest();
    }
  }

  /** Whether any head is {@link #RETURNED}. */
  boolean hasReturned() {
    return false;
  }

  /** A {@link #RETURNED} head is completed without having been used. */
  void onPassed() {}

  /** All heads are the driver's again. */
  void onStopped() {}

  /**
   * To be asked after {@link #publish}: whether the driver wants a call for what was published
   * since the last time it was asked.
   */
  public final boolean needsCall() {
    return notifications.needsCall(publishedUsed);
  }

  /**
   * As {@link #needsCall}, but cheaper and possibly too early to see the driver's wish: after false
   * {@link #needsCall} must be asked soon, and at the latest when nothing is published any more.
   */
  public final boolean seemsToNeedCall() {
    return notifications.seemsToNeedCall(publishedUsed);
  }

  /**
   * Asks the driver not to kick (true: while a loop polls the virtqueue), or to kick again (false;
   * but see {@link #armKicks}).
   */
  public final void suppressKicks(boolean suppress) {
    notifications.suppressKicks(suppress, availCount);
  }

  /**
   * Asks the driver to kick when it makes another head available than those that are known, and
   * looks again. Whoever goes on polling asks it not to kick again.
   *
   * @return true if heads are available already: then do not sleep, no kick need come for them
   */
  public final boolean armKicks() {
    notifications.suppressKicks(false, availCount + knownAvailable());
    // Pairs with the driver's fence between storing the index and reading our wish.
    AddressSpace.fullFence();
    return available() > 0;
  }

  /** Heads taken and not completed, 0..size. */
  public final int outstanding() {
    return (int) (availCount - firstAvail - (usedCount - firstUsed));
  }

  /**
   * Ends the virtqueue and gives the driver all its buffers back: heads that were taken last and
   * never completed become available again by moving back; if that can not be, every outstanding
   * head is completed with length 0. Nothing can be taken afterwards. The NIC must have let go of
   * lent buffers before. The caller asks {@link #needsCall} afterwards.
   *
   * @return what GET_VRING_BASE answers: the next available entry, 0..65535
   */
  public final int baseForStop() {
    closed = true;
    forgetAvailable(); // at once: if the memory faults below, nothing must be taken any more
    int count = outstanding();
    if (count > 0 && !rewind(count)) {
      for (int head = 0; head < size; head++) {
        if (state[head] == RETURNED) {
          state[head] = TAKEN;
        }
        complete(head, 0);
      }
    }
    Arrays.fill(state, FREE);
    onStopped();
    forgetAvailable();
    publish();
    return (int) availCount & INDEX_MASK;
  }

  /** Moves back over the last heads if they are exactly those that are outstanding. */
  private boolean rewind(int count) {
    boolean same = order.waiting() == 0;
    for (int i = 1; i <= count && same; i++) {
      int entry = AddressSpace.getShort(availRing + (((availCount - i) & mask) << 1)) & 0xffff;
      int head = entry & mask;
      same = head == entry && state[head] != FREE && (state[head] & SEEN) == 0;
      if (same) {
        state[head] |= SEEN;
      }
    }
    for (int head = 0; head < size; head++) {
      state[head] &= ~SEEN;
    }
    if (same) {
      availCount -= count;
    }
    return same;
  }

  /** Ends the virtqueue for good; the values are kept for {@link #faultMessage}. */
  final void breakRing(RingFault reason, int value) {
    closed = true;
    forgetAvailable();
    if (fault == RingFault.NONE) {
      faultValue = value;
      faultAt = (int) availCount & INDEX_MASK;
      FAULT.setRelease(this, reason);
    }
  }

  /** So that nothing known before can be taken. */
  private void forgetAvailable() {
    seenAvail = (int) availCount & INDEX_MASK;
  }

  /** Gives a malformed chain back and counts it. */
  final void refuse(int head, int reasonOrdinal) {
    refused[reasonOrdinal]++;
    complete(head, 0);
  }

  /** As {@link io.iovtee.api.GuestReceiveRing#heldUpBy}. Any thread. */
  public final long heldUpBy() {
    return order.waiting() == 0 ? -1 : completed();
  }

  /** True once the guest broke a ring rule. Any thread. */
  public final boolean isBroken() {
    return (RingFault) FAULT.getAcquire(this) != RingFault.NONE;
  }

  /** What the guest did; NONE while the virtqueue works. Any thread. */
  public final RingFault fault() {
    return (RingFault) FAULT.getAcquire(this);
  }

  /** The fault with its values and the next step, for the log. Any thread; allocates. */
  public final String faultMessage() {
    RingFault reason = fault();
    return reason == RingFault.NONE
        ? "no fault: queue=" + name
        : "%s: value=%d, next=%d, size=%d, queue=%s; reset the device in the guest"
            .formatted(reason.label(), faultValue, faultAt, size, name);
  }

  /** Heads taken since set-up. Any thread. */
  public final long taken() {
    return (long) AVAIL_COUNT.getOpaque(this) - firstAvail;
  }

  /** Heads completed since set-up, refused ones included. Any thread. */
  public final long completed() {
    return (long) USED_COUNT.getOpaque(this) - firstUsed;
  }

  /** Chains refused for a reason since set-up. Any thread. */
  public final long refused(ChainFault reason) {
    return (long) COUNTERS.getOpaque(refused, reason.ordinal());
  }
}
