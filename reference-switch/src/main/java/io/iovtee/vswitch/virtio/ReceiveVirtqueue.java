// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.api.CopyReason;
import io.iovtee.api.GuestReceiveRing;
import io.iovtee.api.PostedBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.GuestMemory;

/**
 * The device side of a receiveq: the guest posts buffers, we fill them.
 *
 * <p>Two ways lead a frame into a buffer. <em>Publish in place</em>: a buffer is {@link #take}n and
 * lent to a NIC, the frame lands in it, {@link #completeFrame} writes the header in front of it.
 * <em>Copy</em>: {@link #deliver} writes header and frame into the next buffer. Buffers that were
 * taken and are not needed go to the copy path with {@link #giveBack}.
 */
public final class ReceiveVirtqueue extends SplitVirtqueue implements GuestReceiveRing {
  /** Result of {@link #deliver}: the frame is in a completed buffer. */
  public static final int DELIVERED = 0;

  /** Result of {@link #deliver}: the guest has not posted a (usable) buffer. */
  public static final int NO_BUFFER = 1;

  /**
   * Result of {@link #deliver}: the frame does not fit the next buffer, nor several together when
   * MRG_RXBUF was negotiated. The buffers stay for other frames.
   */
  public static final int TOO_SMALL = 2;

  /** Result of {@link #deliver}: the virtqueue is broken or stopped. */
  public static final int BROKEN = 3;

  /** Bytes 4 to 11 of a header of one buffer that asks for no offload; all before are 0. */
  private static final long ONE_BUFFER_FROM_BYTE_4 = 1L << 48;

  private static final byte CHAINED = (byte) CopyReason.CHAINED.ordinal();
  private static final byte NOT_WRITABLE = (byte) CopyReason.NOT_WRITABLE.ordinal();
  private static final byte UNMAPPED = (byte) CopyReason.UNMAPPED.ordinal();

  /** Heads that wait for the copy path, first in first out; unused with IN_ORDER. */
  private final int[] returned;

  private int returnedFirst;
  private int returnedCount;

  /** Where the frames of a batch go; see {@link #deliverAll}. */
  private final long[] target = new long[HEADS_MAX];

  private final BufferChainWriter writer;

  public ReceiveVirtqueue(VirtqueueSetup setup) {
    super(setup);
    returned = new int[size()];
    writer = new BufferChainWriter(setup, this);
  }

  @Override
  public int take(PostedBuffers out, int max) {
    int count = takeHeads(Math.min(max, PostedBuffers.CAPACITY));
    for (int i = 0; i < count; i++) {
      out.head[i] = heads[i];
      int flags = VirtqDesc.flags(word[i]);
      long bytes = VirtqDesc.length(word[i]);
      long host = GuestMemory.NOT_MAPPED;
      byte reason = 0;
      if (flags != VirtqDesc.Flag.WRITE) {
        reason = flags == 0 ? NOT_WRITABLE : CHAINED;
      } else if (bytes <= 0
          || (host = regions.translate(guestAddress[i], bytes)) == GuestMemory.NOT_MAPPED) {
        reason = UNMAPPED;
      }
      out.address[i] = host;
      out.length[i] = (int) Math.min(bytes, Integer.MAX_VALUE);
      out.reason[i] = reason;
    }
    out.count = count;
    return count;
  }

  @Override
  public void giveBack(int head) {
    if (state[head] != TAKEN) {
      return;
    }
    state[head] = RETURNED;
    if (!inOrder) {
      returned[(returnedFirst + returnedCount) & mask] = head;
    }
    returnedCount++;
  }

  /** As {@link #giveBack}, but the head will be the next to be used. */
  void giveBackFirst(int head) {
    state[head] = RETURNED;
    if (!inOrder) {
      returnedFirst = (returnedFirst - 1) & mask;
      returned[returnedFirst] = head;
    }
    returnedCount++;
  }

  /** Heads that were given back and wait for the copy path, 0..size. */
  public int returned() {
    return returnedCount;
  }

  /** Whether the head is taken and neither published nor used by the copy path. */
  boolean isTaken(int head) {
    byte s = state[head];
    return s == TAKEN || s == RETURNED;
  }

  @Override
  public void clear(long address, int length) {
    if (regions.containsHost(address, length)) {
      AddressSpace.fill(address, length, (byte) 0);
    }
  }

  /**
   * Writes the 12-byte virtio-net header of a frame that asks for no offload (virtio 1.2, 5.1.6.4).
   *
   * @param bufferAddress process address of the buffer's first byte
   * @param numBuffers buffers that the frame fills, 1..65535
   */
  public static void writeHeader(long bufferAddress, int numBuffers) {
    AddressSpace.putLong(bufferAddress, 0);
    AddressSpace.putInt(bufferAddress + 8, numBuffers << 16);
  }

  /**
   * As {@link #writeHeader} for one buffer, but leaves a header that is right already alone: guests
   * use their buffers again, and a store would take the line away from the guest's core.
   */
  private static void ensureHeader(long bufferAddress) {
    long wrong =
        AddressSpace.getLong(bufferAddress)
            | (AddressSpace.getLong(bufferAddress + 4) ^ ONE_BUFFER_FROM_BYTE_4);
    if (wrong != 0) {
      writeHeader(bufferAddress, 1);
    }
  }

  /**
   * Publish in place: writes the header in front of a frame that lies in the buffer of a taken
   * head, and completes the head.
   *
   * @param head as taken
   * @param frameAddress process address of the frame: the buffer's address + 12
   * @param frameLength bytes of the frame
   */
  public void completeFrame(int head, long frameAddress, int frameLength) {
    ensureHeader(frameAddress - VirtioNetHeader.LENGTH);
    complete(head, frameLength + VirtioNetHeader.LENGTH);
  }

  /**
   * {@link #completeFrame} for a selection of a batch: entries {@code index[from..to)} of the
   * parallel arrays.
   */
  public void completeFrames(
      int[] heads, long[] frameAddresses, int[] frameLengths, int[] index, int from, int to) {
    for (int k = from; k < to; k++) {
      ensureHeader(frameAddresses[index[k]] - VirtioNetHeader.LENGTH);
    }
    completeWritten(heads, frameLengths, index, from, to, VirtioNetHeader.LENGTH);
  }

  /**
   * Copies one frame into the next posted buffer (or buffers) and completes it: heads that were
   * given back first, then those still in the ring. Malformed chains on the way are refused.
   *
   * @param header first bytes of the frame, private to us
   * @param headerOffset where they start in the array
   * @param headerLength how many there are, 0..frameLength
   * @param frameAddress process address of the frame; bytes from headerLength on are read from it
   * @param frameLength bytes, 1..{@link TransmitFrames#FRAME_LENGTH_MAX}
   * @return {@link #DELIVERED}, {@link #NO_BUFFER}, {@link #TOO_SMALL} or {@link #BROKEN}
   */
  public int deliver(
      byte[] header, int headerOffset, int headerLength, long frameAddress, int frameLength) {
    int head = nextForCopy();
    if (head < 0) {
      return closed ? BROKEN : NO_BUFFER;
    }
    long at = VirtqDesc.at(descTable, head);
    long guest = AddressSpace.getLong(at + VirtqDesc.ADDR);
    long word = AddressSpace.getLong(at + VirtqDesc.LEN);
    long bytes = VirtqDesc.length(word);
    int needed = frameLength + VirtioNetHeader.LENGTH;
    long host;
    if (VirtqDesc.flags(word) != VirtqDesc.Flag.WRITE
        || bytes < needed
        || (host = regions.translate(guest, bytes)) == GuestMemory.NOT_MAPPED) {
      return writer.deliver(head, header, headerOffset, headerLength, frameAddress, frameLength);
    }
    ensureHeader(host);
    long first = host + VirtioNetHeader.LENGTH;
    if (headerLength > 0) {
      AddressSpace.copyFromArray(header, headerOffset, first, headerLength);
    }
    int rest = frameLength - headerLength;
    if (rest > 0) {
      AddressSpace.copy(frameAddress + headerLength, first + headerLength, rest);
    }
    complete(head, needed);
    return DELIVERED;
  }

  /**
   * {@link #deliver} for a batch of frames in memory of our own: {@code index[from..to)} of the
   * parallel arrays, as far as each has one plain buffer that it fits. The frame at which it ends
   * is for {@link #deliver}, which knows the other ways and the reasons.
   *
   * @return frames delivered, from the first on
   */
  public int deliverAll(long[] frameAddresses, int[] frameLengths, int[] index, int from, int to) {
    if (returnedCount > 0) {
      return 0;
    }
    int taken = takeHeads(Math.min(to - from, HEADS_MAX));
    int plain = 0;
    while (plain < taken) {
      long bytes = VirtqDesc.length(word[plain]);
      long host = regions.translate(guestAddress[plain], bytes);
      if (VirtqDesc.flags(word[plain]) != VirtqDesc.Flag.WRITE
          || bytes < frameLengths[index[from + plain]] + VirtioNetHeader.LENGTH
          || host == GuestMemory.NOT_MAPPED) {
        break;
      }
      target[plain++] = host;
    }
    untake(plain, taken);
    for (int i = 0; i < plain; i++) {
      int frame = index[from + i];
      ensureHeader(target[i]);
      AddressSpace.copy(
          frameAddresses[frame], target[i] + VirtioNetHeader.LENGTH, frameLengths[frame]);
    }
    completeTaken(plain, frameLengths, index, from, VirtioNetHeader.LENGTH);
    return plain;
  }

  /**
   * What {@link #deliver} would answer for a frame of this length now; nothing is taken. For
   * traces.
   */
  public int foresee(int frameLength) {
    int result = closed ? BROKEN : writer.foresee(frameLength);
    return closed ? BROKEN : result;
  }

  /**
   * The heads that the copy path would use next, in order; they stay where they are.
   *
   * @return how many there are
   */
  int peekForCopy(int[] next) {
    if (inOrder && returnedCount > 0) {
      next[0] = oldestReturned();
      return 1;
    }
    int known = Math.min(returnedCount, next.length);
    for (int i = 0; i < known; i++) {
      next[i] = returned[(returnedFirst + i) & mask];
    }
    int taken = takeHeads(Math.min(next.length - known, HEADS_MAX));
    System.arraycopy(heads, 0, next, known, taken);
    untake(0, taken);
    return known + taken;
  }

  /** The next head for the copy path, taken; -1 if there is none. */
  int nextForCopy() {
    if (returnedCount == 0) {
      return takeNext();
    }
    if (closed) {
      return -1;
    }
    returnedCount--;
    int head;
    if (inOrder) {
      head = oldestReturned();
    } else {
      head = returned[returnedFirst];
      returnedFirst = (returnedFirst + 1) & mask;
    }
    state[head] = TAKEN;
    return head;
  }

  @Override
  boolean hasReturned() {
    return returnedCount > 0;
  }

  @Override
  void onPassed() {
    returnedCount--;
  }

  @Override
  void onStopped() {
    returnedCount = 0;
  }
}
