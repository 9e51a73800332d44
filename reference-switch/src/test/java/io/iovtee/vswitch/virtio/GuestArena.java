// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.MemoryRegion;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest's memory for tests: three regions, each between pages that may not be touched, so that
 * one byte outside ends the JVM. {@link #LOW} and {@link #NEXT} follow each other in guest-physical
 * addresses but not in the process; {@link #FAR} lies behind a hole.
 */
final class GuestArena implements AutoCloseable {
  /** Guest-physical start of the first region; rings live here. */
  static final long LOW = 0x10_0000;

  static final long LOW_BYTES = 0x6_0000;

  /** Guest-physical start of the second region: right behind the first one. */
  static final long NEXT = LOW + LOW_BYTES;

  static final long NEXT_BYTES = 0x1_0000;

  /** Guest-physical start of the third region. */
  static final long FAR = 0x8000_0000L;

  static final long FAR_BYTES = 0x2_0000;

  /** Host memory, for frames on the host's side; not part of the guest. */
  static final long HOST_BYTES = 0x2_0000;

  /** The front-end's address = guest-physical address + this. */
  static final long FRONTEND_OFFSET = 0x7f00_0000_0000L;

  private static final long GUARD = Mmap.PAGE_SIZE;

  private final Mmap range;
  private final GuestMemory memory;
  private final long hostArea;

  GuestArena() {
    long[] starts = {LOW, NEXT, FAR};
    long[] sizes = {LOW_BYTES, NEXT_BYTES, FAR_BYTES};
    long total = GUARD;
    for (long size : sizes) {
      total += size + GUARD;
    }
    range = Mmap.reserve(total + HOST_BYTES + GUARD, Mmap.PAGE_SIZE);
    List<MemoryRegion> regions = new ArrayList<>();
    long at = GUARD;
    for (int i = 0; i < starts.length; i++) {
      range.mapAnonymous(at, sizes[i]);
      regions.add(
          new MemoryRegion(
              starts[i], sizes[i], starts[i] + FRONTEND_OFFSET, 0, range.address() + at));
      at += sizes[i] + GUARD;
    }
    range.mapAnonymous(at, HOST_BYTES);
    hostArea = range.address() + at;
    memory = GuestMemory.ofMapped(regions);
  }

  GuestMemory memory() {
    return memory;
  }

  /** Where the host's own area of {@link #HOST_BYTES} starts. */
  long hostArea() {
    return hostArea;
  }

  /** Process address of a guest-physical one. */
  long host(long guestAddress) {
    long host = memory.translateGuest(guestAddress, 1);
    if (host == GuestMemory.NOT_MAPPED) {
      throw new IllegalArgumentException("no such guest address: 0x%x".formatted(guestAddress));
    }
    return host;
  }

  byte byteAt(long guestAddress) {
    return AddressSpace.getByte(host(guestAddress));
  }

  byte[] bytesAt(long guestAddress, int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = byteAt(guestAddress + i);
    }
    return bytes;
  }

  void writeBytes(long guestAddress, byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      AddressSpace.putByte(host(guestAddress + i), bytes[i]);
    }
  }

  void fill(long guestAddress, long length, int value) {
    AddressSpace.fill(host(guestAddress), length, (byte) value);
  }

  /** Puts a frame into the host's area and returns its process address. */
  long hostFrame(byte[] frame) {
    AddressSpace.copyFromArray(frame, 0, hostArea, frame.length);
    return hostArea;
  }

  byte[] hostBytes(long offset, int length) {
    byte[] bytes = new byte[length];
    AddressSpace.copyToArray(hostArea + offset, bytes, 0, length);
    return bytes;
  }

  /** All guest memory, region by region. */
  byte[] snapshot() {
    byte[] all = new byte[(int) (LOW_BYTES + NEXT_BYTES + FAR_BYTES)];
    int offset = 0;
    for (MemoryRegion region : memory.regions()) {
      AddressSpace.copyToArray(region.hostAddress(), all, offset, (int) region.size());
      offset += (int) region.size();
    }
    return all;
  }

  /** Position of a guest-physical address in {@link #snapshot}. */
  static int snapshotOffset(long guestAddress) {
    return guestAddress >= FAR
        ? (int) (guestAddress - FAR + LOW_BYTES + NEXT_BYTES)
        : (int) (guestAddress - LOW);
  }

  @Override
  public void close() {
    range.close();
  }
}
