// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.linux.AddressSpace;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * An emulated wire: frames in flight from one sender to one receiver, bytes and all. Bounded; one
 * producing and one consuming thread at a time.
 */
public final class FrameRing {
  private static final VarHandle COUNT =
      MethodHandles.arrayElementVarHandle(long[].class).withInvokeExactBehavior();

  private static final int PRODUCED = 16;
  private static final int CONSUMED = 32;

  private final int mask;
  private final int size;
  private final int stride;

  /** Made with the first frame: many wires never carry one. Published with the frame's count. */
  private byte[] bytes = new byte[0];

  private final int[] lengths;
  private final long[] counts = new long[48];
  private long produced;
  private long consumed;

  /**
   * An empty wire.
   *
   * @param size frames, a power of two
   * @param frameLengthMax longest frame, bytes
   */
  public FrameRing(int size, int frameLengthMax) {
    this.size = size;
    mask = size - 1;
    stride = frameLengthMax;
    lengths = new int[size];
  }

  /** Frames on the wire, at most; any thread. */
  public int size() {
    return (int)
        ((long) COUNT.getAcquire(counts, PRODUCED) - (long) COUNT.getAcquire(counts, CONSUMED));
  }

  /**
   * Puts a frame of two segments on the wire.
   *
   * @return false when the wire is full
   * @throws InternalError when the page under the second segment is gone; nothing is sent then
   */
  public boolean offer(
      byte[] head, int headOffset, int headLength, long restAddress, int restLength) {
    if (isFull()) {
      return false;
    }
    if (bytes.length == 0) {
      bytes = new byte[size * stride];
    }
    int slot = (int) produced & mask;
    int start = slot * stride;
    System.arraycopy(head, headOffset, bytes, start, headLength);
    if (restLength > 0) {
      // A fault leaves the frame off the wire: in its slot an older one may lie.
      AddressSpace.copyToArrayGuarded(restAddress, bytes, start + headLength, restLength);
    }
    lengths[slot] = headLength + restLength;
    produced++;
    COUNT.setRelease(counts, PRODUCED, produced);
    return true;
  }

  /** Whether there is no room for another frame. Producing thread. */
  public boolean isFull() {
    return produced - (long) COUNT.getAcquire(counts, CONSUMED) > mask;
  }

  /** Length of the oldest frame, or -1 when there is none. */
  public int peek() {
    return consumed == (long) COUNT.getAcquire(counts, PRODUCED)
        ? -1
        : lengths[(int) consumed & mask];
  }

  /** Where the frames lie. Consuming thread. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where the oldest frame starts in {@link #bytes}. */
  public int offset() {
    return ((int) consumed & mask) * stride;
  }

  /** Removes the oldest frame. */
  public void remove() {
    consumed++;
    COUNT.setRelease(counts, CONSUMED, consumed);
  }
}
