// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.Xsk;

/** One ring's mapping: where its words and entries lie. */
public final class RingMemory implements AutoCloseable {
  private final Mmap mapping;
  private final Xsk.RingOffsets offsets;
  private final int size;

  /**
   * A ring in memory that is mapped already.
   *
   * @param mapping closed with this
   * @param offsets where the words and the entries lie in it
   * @param size entries, a power of two
   */
  public RingMemory(Mmap mapping, Xsk.RingOffsets offsets, int size) {
    this.mapping = mapping;
    this.offsets = offsets;
    this.size = size;
  }

  /**
   * Maps a ring whose size was set.
   *
   * @param entryLength 8 for the ring of addresses, 16 for those of descriptors
   */
  static RingMemory map(Fd socket, Xsk.Ring ring, int size, int entryLength) {
    Xsk.RingOffsets offsets = Xsk.ringOffsets(socket, ring);
    long length = offsets.descriptors() + (long) size * entryLength;
    return new RingMemory(Xsk.mapRing(socket, ring, length), offsets, size);
  }

  /** Process address of the producer's index, 4 bytes. */
  public long producerAddress() {
    return mapping.address() + offsets.producer();
  }

  /** Process address of the consumer's index, 4 bytes. */
  public long consumerAddress() {
    return mapping.address() + offsets.consumer();
  }

  /** Process address of the flags, 4 bytes. */
  public long flagsAddress() {
    return mapping.address() + offsets.flags();
  }

  /** Process address of the first entry. */
  public long entriesAddress() {
    return mapping.address() + offsets.descriptors();
  }

  /** Entries, a power of two. */
  public int size() {
    return size;
  }

  @Override
  public void close() {
    mapping.close();
  }
}
