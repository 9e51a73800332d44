// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.iovtee.vswitch.linux.SocketAbi.Iovec;
import io.iovtee.vswitch.linux.SocketAbi.Mmsghdr;
import io.iovtee.vswitch.linux.SocketAbi.Msghdr;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Room for a fixed number of frames that one system call sends or receives. One thread.
 *
 * <p>The frames lie in memory of this object; filling and reading it allocates nothing.
 */
public final class FrameVector {
  private final int count;
  private final int slotLength;
  private final MemorySegment frames;
  private final MemorySegment iovecs;
  private final MemorySegment messages;

  /**
   * @param count frames
   * @param slotLength bytes for each
   */
  public FrameVector(int count, int slotLength) {
    Arena arena = Arena.ofAuto();
    this.count = count;
    this.slotLength = slotLength;
    this.frames = arena.allocate((long) count * slotLength, 64);
    this.iovecs = arena.allocate((long) count * Iovec.SIZEOF, 8);
    this.messages = arena.allocate((long) count * Mmsghdr.SIZEOF, 8);
    for (int i = 0; i < count; i++) {
      long iovec = (long) i * Iovec.SIZEOF;
      long message = (long) i * Mmsghdr.SIZEOF;
      iovecs.set(ADDRESS, iovec + Iovec.IOV_BASE, frame(i));
      iovecs.set(JAVA_LONG, iovec + Iovec.IOV_LEN, slotLength);
      messages.set(ADDRESS, message + Msghdr.MSG_IOV, iovecs.asSlice(iovec, Iovec.SIZEOF));
      messages.set(JAVA_LONG, message + Msghdr.MSG_IOVLEN, 1);
    }
  }

  /** Frames that it has room for. */
  public int count() {
    return count;
  }

  /** The memory of frame {@code i}, all of its slot. */
  public MemorySegment frame(int i) {
    return frames.asSlice((long) i * slotLength, slotLength);
  }

  /** Sets how long frame {@code i} is, before sending. */
  public void setLength(int i, int length) {
    if (length < 0 || length > slotLength) {
      throw new IllegalArgumentException("length=" + length + ", slot=" + slotLength);
    }
    iovecs.set(JAVA_LONG, (long) i * Iovec.SIZEOF + Iovec.IOV_LEN, length);
  }

  /** How long frame {@code i} was when it was received (or sent) last. */
  public int length(int i) {
    return messages.get(JAVA_INT, (long) i * Mmsghdr.SIZEOF + Mmsghdr.MSG_LEN);
  }

  /** Gives all slots their full length again, for receiving. */
  void prepareReceive() {
    for (int i = 0; i < count; i++) {
      iovecs.set(JAVA_LONG, (long) i * Iovec.SIZEOF + Iovec.IOV_LEN, slotLength);
    }
  }

  MemorySegment messages(int from) {
    return messages.asSlice((long) from * Mmsghdr.SIZEOF);
  }
}
