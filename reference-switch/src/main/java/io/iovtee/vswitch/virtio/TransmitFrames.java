// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * Frames that a guest transmits, as taken from its transmitq: parallel arrays, owned by one poll
 * thread. Addresses and lengths are private and checked; the bytes lie in guest memory and can
 * change at any time.
 */
public final class TransmitFrames {
  /** Frames per step. */
  public static final int CAPACITY = 128;

  /** Longest frame that is taken, in bytes, virtio-net header excluded. */
  public static final int FRAME_LENGTH_MAX = 65535;

  /** The descriptor chain's head; 0..size-1. */
  public final int[] head = new int[CAPACITY];

  /** Process address of the frame's first byte (behind the virtio-net header). */
  public final long[] address = new long[CAPACITY];

  /** Frame length in bytes, virtio-net header excluded; 14..{@link #FRAME_LENGTH_MAX}. */
  public final int[] length = new int[CAPACITY];

  /** Whether the whole frame lies at {@link #address}; otherwise it must be {@link #gather}ed. */
  public final boolean[] contiguous = new boolean[CAPACITY];

  /** Frames in the list. */
  public int count;

  /** Pieces of all frames that are not contiguous: room for one chain of the longest kind more. */
  private final long[] pieceAddress = new long[2 * DescriptorChain.SEGMENTS_MAX];

  private final int[] pieceLength = new int[2 * DescriptorChain.SEGMENTS_MAX];
  private int pieces;

  /** Position of each frame's first piece, and behind its last one. */
  private final int[] firstPiece = new int[CAPACITY];

  private final int[] endPiece = new int[CAPACITY];

  /** Empties the list. */
  public void clear() {
    count = 0;
    pieces = 0;
  }

  /** Whether one more frame fits, however many pieces it has. */
  boolean hasRoom() {
    return pieces <= pieceAddress.length - DescriptorChain.SEGMENTS_MAX;
  }

  /** Notes where a frame's pieces are, virtio-net header excluded. */
  void addPieces(int index, long[] addresses, int[] lengths, int pieceCount) {
    address[index] = addresses[0];
    contiguous[index] = pieceCount == 1;
    firstPiece[index] = pieces;
    if (pieceCount > 1) {
      System.arraycopy(addresses, 0, pieceAddress, pieces, pieceCount);
      System.arraycopy(lengths, 0, pieceLength, pieces, pieceCount);
      pieces += pieceCount;
    }
    endPiece[index] = pieces;
  }

  /**
   * Copies a frame to one place, wherever its pieces lie.
   *
   * @param index which frame, 0..count-1
   * @param target process address of the host buffer
   * @param capacity its bytes
   * @return the frame's length, or -1 (and nothing is copied) if it exceeds the capacity
   */
  public int gather(int index, long target, int capacity) {
    int total = length[index];
    if (total > capacity) {
      return -1;
    }
    if (contiguous[index]) {
      AddressSpace.copy(address[index], target, total);
      return total;
    }
    long to = target;
    for (int i = firstPiece[index]; i < endPiece[index]; i++) {
      AddressSpace.copy(pieceAddress[i], to, pieceLength[i]);
      to += pieceLength[i];
    }
    return total;
  }
}
