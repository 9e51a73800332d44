// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.vswitch.linux.AddressSpace;
import java.util.Arrays;

/**
 * Up to 64 frames on their way through one poll loop: parallel arrays, filled by an input, handled
 * by the pipeline, and released. No object per frame; owned by one thread.
 *
 * <p>Ownership: every frame lies in a buffer of one owner ({@link #owner}: {@link #HOST_POOL}, or a
 * lender's id). An output that keeps the buffer (a NIC's transmit ring, a publish in place) marks
 * the frame {@link #taken}; all others go back to their owner when the batch is released.
 */
public final class FrameBatch {
  /** Frames per batch. */
  public static final int CAPACITY = 64;

  /** Bytes of each frame's private header snapshot; the longest header that is parsed. */
  public static final int HEADER_STRIDE = 128;

  /** First capture: Ethernet, one VLAN tag, IPv4 and TCP fit. */
  public static final int FIRST_CAPTURE = AddressSpace.LINE;

  /** An Ethernet header; anything shorter is no frame. */
  public static final int FRAME_LENGTH_MIN = 14;

  /** Owner id of the switch's own chunks. */
  public static final int HOST_POOL = 0;

  /** End of the bytes that the flow hash reads: the UDP or TCP ports of untagged IPv4. */
  private static final int FLOW_HASH_END = 38;

  private static final long HASH_PRIME = 0x9E37_79B9_7F4A_7C15L;

  /** Process address of the frame's first byte. */
  public final long[] address = new long[CAPACITY];

  /** Frame length in bytes, without FCS. */
  public final int[] length = new int[CAPACITY];

  /** What the owner calls the buffer. */
  public final int[] token = new int[CAPACITY];

  /** Who owns the buffer. */
  public final int[] owner = new int[CAPACITY];

  /**
   * Ordinal of the {@link io.iovtee.api.CopyReason} why the frame lies in a host buffer although
   * its queue is mapped; 0 when the queue is not mapped or the frame lies in a guest's buffer.
   */
  public final byte[] copyReason = new byte[CAPACITY];

  /** Private header snapshots, {@link #HEADER_STRIDE} bytes per frame. */
  public final byte[] headers = new byte[CAPACITY * HEADER_STRIDE];

  /** Valid bytes in the snapshot. */
  public final int[] captured = new int[CAPACITY];

  /** Ordinal of the frame's {@link io.iovtee.api.Outcome} so far. */
  public final byte[] outcome = new byte[CAPACITY];

  /** Ordinal of the {@link io.iovtee.api.DropReason}, meaningful while the outcome is DROPPED. */
  public final byte[] dropReason = new byte[CAPACITY];

  /** Whether an output keeps the buffer. */
  public final boolean[] taken = new boolean[CAPACITY];

  /** Frames in the batch. */
  public int count;

  /**
   * The lender that fills the queue this batch came from, {@link #HOST_POOL} if none: what a copy
   * for the same guest should stay beside.
   */
  public int fillingOwner;

  /** Bytes copied between buffers for frames of this batch, by the switch's own core. */
  public long copiedBytes;

  /** Adds a frame; the input has checked that there is room. */
  public void add(
      long frameAddress, int frameLength, int bufferToken, int bufferOwner, byte reason) {
    int i = count++;
    address[i] = frameAddress;
    length[i] = frameLength;
    token[i] = bufferToken;
    owner[i] = bufferOwner;
    copyReason[i] = reason;
  }

  /**
   * Whether somebody else can change the frame's memory while we work (guest memory). Then the
   * first {@link #captured} bytes must be taken from the snapshot, never from the memory again.
   */
  public boolean isShared(int i) {
    return owner[i] != HOST_POOL;
  }

  /** Takes the first private snapshot of every frame: {@link #FIRST_CAPTURE} bytes, or all. */
  public void captureAll() {
    byte[] target = headers;
    for (int i = 0; i < count; i++) {
      if (length[i] >= FIRST_CAPTURE) {
        AddressSpace.copyLineToArray(address[i], target, i * HEADER_STRIDE);
        captured[i] = FIRST_CAPTURE;
      } else {
        capture(i, FIRST_CAPTURE);
      }
    }
  }

  /** Takes the private snapshot of the frame's first bytes: at most {@code bytes} of them. */
  public void capture(int i, int bytes) {
    int n = Math.min(bytes, length[i]);
    AddressSpace.copyToArray(address[i], headers, i * HEADER_STRIDE, n);
    captured[i] = n;
  }

  /** Writes the frame to memory: header from the snapshot if shared, the rest from its buffer. */
  public void copyTo(int i, long target) {
    int fromSnapshot = isShared(i) ? captured[i] : 0;
    if (fromSnapshot > 0) {
      AddressSpace.copyFromArray(headers, i * HEADER_STRIDE, target, fromSnapshot);
    }
    int rest = length[i] - fromSnapshot;
    if (rest > 0) {
      AddressSpace.copy(address[i] + fromSnapshot, target + fromSnapshot, rest);
    }
    copiedBytes += length[i];
  }

  /**
   * A hash of the frame's flow, from the snapshot: equal for frames of one flow. Covers both MAC
   * addresses and, for untagged IPv4, addresses and ports.
   */
  public int flowHash(int i) {
    int base = i * HEADER_STRIDE;
    long hash = 0;
    if (captured[i] >= FLOW_HASH_END) {
      hash = AddressSpace.getArrayLong(headers, base) * HASH_PRIME;
      hash = (hash ^ AddressSpace.getArrayLong(headers, base + 6)) * HASH_PRIME;
      hash = (hash ^ AddressSpace.getArrayLong(headers, base + 26)) * HASH_PRIME;
      hash = (hash ^ AddressSpace.getArrayLong(headers, base + FLOW_HASH_END - 8)) * HASH_PRIME;
    }
    return (int) (hash >>> 32);
  }

  /** Raises the frame's outcome; the one with the highest precedence stays. */
  public void raiseOutcome(int i, int outcomeOrdinal) {
    if (outcomeOrdinal > outcome[i]) {
      outcome[i] = (byte) outcomeOrdinal;
    }
  }

  /** Notes why a frame could not be delivered; counts only while nobody else got it. */
  public void dropped(int i, int reasonOrdinal) {
    dropReason[i] = (byte) reasonOrdinal;
  }

  /** Empties the batch. */
  public void clear() {
    Arrays.fill(outcome, 0, count, (byte) 0);
    Arrays.fill(dropReason, 0, count, (byte) 0);
    Arrays.fill(taken, 0, count, false);
    count = 0;
    copiedBytes = 0;
    fillingOwner = HOST_POOL;
  }
}
