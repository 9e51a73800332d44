// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * Who wants to be told of what (virtio 1.2, 2.7.7 and 2.7.10): by a flag in each ring, or with
 * EVENT_IDX by the index at which the other side wants to be told. What the guest writes there
 * decides only about calls, never about buffers. Poll thread.
 */
final class RingNotifications {
  private static final int INDEX_MASK = 0xffff;

  /**
   * With EVENT_IDX and kicks unwanted: how far we go on before the event index is moved along, so
   * that the driver, up to two rings ahead of the last move, does not meet it after 65536 entries.
   * (With rings above 16384 it may; a kick too many does no harm.)
   */
  private static final int EVENT_REFRESH = 0x4000;

  private final boolean eventIdx;
  private final long availFlagsAt;
  private final long usedEventAt;
  private final long usedFlagsAt;
  private final long availEventAt;

  /** Entries that may wait for a look behind a fence: far below 65536, where indexes meet again. */
  private static final int UNSETTLED_MAX = 0x1000;

  /** Up to this used index the driver's wish is known for sure. */
  private long signalledUsed;

  /** With EVENT_IDX: what the event index said before we began is unknown, so call once. */
  private boolean firstCallOwed;

  private boolean kicksSuppressed;
  private long eventWrittenAt;

  RingNotifications(VirtqueueSetup setup) {
    eventIdx = setup.has(VirtioFeature.EVENT_IDX);
    firstCallOwed = eventIdx;
    availFlagsAt = setup.availAddress() + AvailRing.FLAGS;
    usedEventAt = setup.availAddress() + AvailRing.usedEvent(setup.size());
    usedFlagsAt = setup.usedAddress() + UsedRing.FLAGS;
    availEventAt = setup.usedAddress() + UsedRing.availEvent(setup.size());
    signalledUsed = setup.nextUsed();
  }

  /** Whether the driver wants a call, now that the used index stands at {@code published}. */
  boolean needsCall(long published) {
    if (published == signalledUsed) {
      return false;
    }
    // The driver stores its wish, then looks at the used index; we stored the index and look at the
    // wish. Without a full fence on both sides both may look too early (virtio 1.2, 2.7.10).
    AddressSpace.fullFence();
    boolean wanted = isCallWanted(published);
    signalledUsed = published;
    firstCallOwed = false;
    return wanted;
  }

  /**
   * As {@link #needsCall}, but without the fence, which waits until the guest's core has let go of
   * every line just written. True is for sure; after false {@link #needsCall} must follow, soon and
   * at the latest when nothing is published any more.
   */
  boolean seemsToNeedCall(long published) {
    if (published - signalledUsed >= UNSETTLED_MAX) {
      return needsCall(published);
    }
    if (published == signalledUsed || !isCallWanted(published)) {
      return false;
    }
    signalledUsed = published;
    firstCallOwed = false;
    return true;
  }

  private boolean isCallWanted(long published) {
    if (!eventIdx) {
      return (AddressSpace.getShort(availFlagsAt) & AvailRing.Flag.NO_INTERRUPT) == 0;
    }
    int event = AddressSpace.getShort(usedEventAt) & INDEX_MASK;
    return firstCallOwed || passes(event, (int) published, published - signalledUsed);
  }

  /**
   * Whether an index that moved by {@code count} to {@code index} passed the entry {@code event},
   * all modulo 65536 (virtio 1.2, 2.7.10; {@code vring_need_event} in linux/virtio_ring.h).
   */
  static boolean passes(int event, int index, long count) {
    return ((index - event - 1) & INDEX_MASK) < count;
  }

  /** Asks the driver not to kick, or to kick for the entry at {@code nextAvail}. */
  void suppressKicks(boolean suppress, long nextAvail) {
    kicksSuppressed = suppress;
    if (eventIdx) {
      // Suppressed: the entry behind us, which the driver will not add for the next 65535 entries.
      int event = (int) nextAvail - (suppress ? 1 : 0);
      eventWrittenAt = nextAvail;
      AddressSpace.putShort(availEventAt, (short) event);
      AddressSpace.putShort(usedFlagsAt, (short) 0);
    } else {
      AddressSpace.putShort(usedFlagsAt, (short) (suppress ? UsedRing.Flag.NO_NOTIFY : 0));
    }
  }

  /** Keeps the event index of suppressed kicks behind us. */
  void advance(long nextAvail) {
    if (kicksSuppressed && eventIdx && nextAvail - eventWrittenAt >= EVENT_REFRESH) {
      suppressKicks(true, nextAvail);
    }
  }
}
