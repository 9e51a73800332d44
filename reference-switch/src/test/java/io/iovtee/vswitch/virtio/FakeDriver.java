// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.GuestMemory;

/** A driver that keeps no rule: writes anything anywhere in its rings. */
final class FakeDriver {
  /** The features of an ordinary modern guest. */
  static final long FEATURES = VirtioFeature.VERSION_1.mask() | VirtioFeature.INDIRECT_DESC.mask();

  /** Guest-physical start of the ring memory; buffers may begin at {@link #BUFFERS}. */
  static final long RINGS = GuestArena.LOW;

  /** Behind the rings of the largest queue that tests use (1024). */
  static final long BUFFERS = GuestArena.LOW + 0x1_0000;

  final GuestArena arena;
  final int size;
  final long descGuest;
  final long availGuest;
  final long usedGuest;

  /** What {@link #offer} has added. */
  private int nextAvail;

  FakeDriver(GuestArena arena, int size) {
    this(arena, size, RINGS, 0);
  }

  /** A ring elsewhere, whose indices start elsewhere. */
  FakeDriver(GuestArena arena, int size, long ringsGuest, int firstIndex) {
    this.arena = arena;
    this.size = size;
    descGuest = ringsGuest;
    availGuest = ringsGuest + 0x6000;
    usedGuest = ringsGuest + 0x8000;
    nextAvail = firstIndex;
    availIndex(firstIndex);
    AddressSpace.putShort(used(UsedRing.IDX), (short) firstIndex);
  }

  VirtqueueSetup setup(long features) {
    return setup(arena.memory(), features);
  }

  private VirtqueueSetup setup(GuestMemory memory, long features) {
    return VirtqueueSetup.of(
        "test/0",
        memory,
        descGuest + GuestArena.FRONTEND_OFFSET,
        availGuest + GuestArena.FRONTEND_OFFSET,
        usedGuest + GuestArena.FRONTEND_OFFSET,
        size,
        nextAvail & 0xffff,
        VirtqueueSetup.NEXT_USED_FROM_RING,
        features);
  }

  ReceiveVirtqueue receive(long features) {
    return new ReceiveVirtqueue(setup(features));
  }

  TransmitVirtqueue transmit(long features) {
    return new TransmitVirtqueue(setup(features));
  }

  /** A queue that sees other memory than the arena's. */
  TransmitVirtqueue transmit(GuestMemory memory, long features) {
    return new TransmitVirtqueue(setup(memory, features));
  }

  /** A descriptor of the ring's own table. */
  void descriptor(int index, long guest, long length, int flags, int next) {
    descriptorAt(descGuest, index, guest, length, flags, next);
  }

  /** A descriptor of any table. */
  void descriptorAt(long table, int index, long guest, long length, int flags, int next) {
    long at = arena.host(table + (long) index * 16);
    AddressSpace.putLong(at, guest);
    AddressSpace.putInt(at + 8, (int) length);
    AddressSpace.putShort(at + 12, (short) flags);
    AddressSpace.putShort(at + 14, (short) next);
  }

  /** Puts a head into the next entry and publishes it. */
  void offer(int head) {
    entry(nextAvail, head);
    nextAvail = nextAvail + 1 & 0xffff;
    availIndex(nextAvail);
  }

  void entry(int position, int head) {
    AddressSpace.putShort(avail(AvailRing.RING + 2L * (position & size - 1)), (short) head);
  }

  void availIndex(int index) {
    AddressSpace.putShortRelease(avail(AvailRing.IDX), (short) index);
  }

  int nextAvail() {
    return nextAvail;
  }

  void availFlags(int flags) {
    AddressSpace.putShort(avail(AvailRing.FLAGS), (short) flags);
  }

  void usedEvent(int index) {
    AddressSpace.putShort(avail(4 + 2L * size), (short) index);
  }

  int availEvent() {
    return AddressSpace.getShort(used(4 + 8L * size)) & 0xffff;
  }

  int usedFlags() {
    return AddressSpace.getShort(used(UsedRing.FLAGS)) & 0xffff;
  }

  int usedIndex() {
    return AddressSpace.getUnsignedShortAcquire(used(UsedRing.IDX));
  }

  int usedHead(int position) {
    return AddressSpace.getInt(used(4 + 8L * (position & size - 1)));
  }

  int usedLength(int position) {
    return AddressSpace.getInt(used(8 + 8L * (position & size - 1)));
  }

  /** Overwrites index and elements of the used ring. */
  void poisonUsed(int value) {
    AddressSpace.fill(used(0), 4 + 8L * size + 2, (byte) value);
  }

  private long avail(long offset) {
    return arena.host(availGuest) + offset;
  }

  private long used(long offset) {
    return arena.host(usedGuest) + offset;
  }
}
