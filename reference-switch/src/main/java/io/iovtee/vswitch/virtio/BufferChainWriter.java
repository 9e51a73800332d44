// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * The slow path of {@link ReceiveVirtqueue#deliver}: buffers that are chains or indirect tables or
 * cross regions, frames that fill several buffers (MRG_RXBUF, virtio 1.2, 5.1.6.4), and malformed
 * chains. First everything is found and checked, then everything is written, then all heads of the
 * frame are completed together.
 */
final class BufferChainWriter {
  /**
   * Most heads for one frame: 64 KiB in buffers of 1 KiB. More is a driver that wastes our time.
   */
  static final int HEADS_MAX = 64;

  /** Most malformed chains that one call refuses; the next call goes on. */
  static final int REFUSED_MAX = 16;

  private final ReceiveVirtqueue queue;
  private final DescriptorChain chain;
  private final boolean mergeable;

  /** Heads of the frame, and how many bytes of it go into each. */
  private final int[] head = new int[HEADS_MAX];

  private final int[] written = new int[HEADS_MAX];
  private int heads;

  private final byte[] netHeader = new byte[VirtioNetHeader.LENGTH];

  BufferChainWriter(VirtqueueSetup setup, ReceiveVirtqueue queue) {
    this.queue = queue;
    chain = new DescriptorChain(setup, queue.regions);
    mergeable = setup.has(VirtioFeature.MRG_RXBUF);
  }

  /** As {@link ReceiveVirtqueue#deliver}; the first head is taken already. */
  int deliver(
      int firstHead,
      byte[] header,
      int headerOffset,
      int headerLength,
      long frameAddress,
      int frameLength) {
    int needed = VirtioNetHeader.LENGTH + frameLength;
    int result = collect(firstHead, needed);
    if (result != ReceiveVirtqueue.DELIVERED) {
      for (int i = heads - 1; i >= 0; i--) {
        queue.giveBackFirst(head[i]);
      }
      return result;
    }
    netHeader[VirtioNetHeader.Field.NUM_BUFFERS] = (byte) heads;
    int offset = 0;
    for (int i = 0; offset < needed; i++) {
      int length = Math.min(chain.length[i], needed - offset);
      long target = chain.address[i];
      int done = copyPart(netHeader, 0, 0, VirtioNetHeader.LENGTH, offset, target, length);
      done +=
          copyPart(
              header,
              headerOffset,
              VirtioNetHeader.LENGTH,
              headerLength,
              offset + done,
              target + done,
              length - done);
      if (done < length) {
        long source = frameAddress + (offset + done - VirtioNetHeader.LENGTH);
        AddressSpace.copy(source, target + done, length - done);
      }
      offset += length;
    }
    for (int i = 0; i < heads; i++) {
      queue.complete(head[i], written[i]);
    }
    return ReceiveVirtqueue.DELIVERED;
  }

  /** As {@link #deliver} would answer; no head is taken or refused. */
  int foresee(int frameLength) {
    int needed = VirtioNetHeader.LENGTH + frameLength;
    int[] next = new int[HEADS_MAX + REFUSED_MAX];
    int available = queue.peekForCopy(next);
    int used = 0;
    int capacity = 0;
    for (int i = 0; i < available; i++) {
      chain.truncate(0);
      int fault = chain.walk(next[i], VirtqDesc.Flag.WRITE, needed - capacity);
      if (fault != 0 || chain.found() < Math.min(needed - capacity, VirtioNetHeader.LENGTH)) {
        continue; // would be refused
      }
      capacity += chain.found();
      if (capacity >= needed) {
        return ReceiveVirtqueue.DELIVERED;
      }
      if (!mergeable || ++used == HEADS_MAX) {
        return ReceiveVirtqueue.TOO_SMALL;
      }
    }
    return ReceiveVirtqueue.NO_BUFFER;
  }

  /** Takes heads until their buffers hold so many bytes. */
  private int collect(int firstHead, int needed) {
    chain.truncate(0);
    heads = 0;
    int refused = 0;
    int capacity = 0;
    int next = firstHead;
    while (true) {
      int before = chain.count;
      int fault = chain.walk(next, VirtqDesc.Flag.WRITE, needed - capacity);
      if (fault == 0 && chain.found() < Math.min(needed - capacity, VirtioNetHeader.LENGTH)) {
        fault = ChainFault.HEADER_ONLY.ordinal();
      }
      if (fault != 0) {
        chain.truncate(before);
        queue.refuse(next, fault);
        if (++refused == REFUSED_MAX) {
          return ReceiveVirtqueue.NO_BUFFER;
        }
      } else {
        head[heads] = next;
        written[heads] = Math.min(chain.found(), needed - capacity);
        heads++;
        capacity += chain.found();
        if (capacity >= needed) {
          return ReceiveVirtqueue.DELIVERED;
        }
        if (!mergeable || heads == HEADS_MAX) {
          return ReceiveVirtqueue.TOO_SMALL;
        }
      }
      next = queue.nextForCopy();
      if (next < 0) {
        return queue.closed ? ReceiveVirtqueue.BROKEN : ReceiveVirtqueue.NO_BUFFER;
      }
      if (heads > 0 && !queue.areNeighbours(head[heads - 1], next)) {
        // With IN_ORDER, heads that are lent lie in between: nothing behind them can be seen yet.
        queue.giveBackFirst(next);
        return ReceiveVirtqueue.NO_BUFFER;
      }
    }
  }

  /**
   * Copies what falls into one window of the frame.
   *
   * @param from where the window starts, in bytes of header and frame
   * @param bytes its length
   * @param offset where the target stands, likewise
   * @return bytes copied
   */
  private static int copyPart(
      byte[] source, int sourceOffset, int from, int bytes, int offset, long target, int room) {
    int inWindow = offset - from;
    int count = inWindow < 0 ? 0 : Math.min(bytes - inWindow, room);
    if (count <= 0) {
      return 0;
    }
    AddressSpace.copyFromArray(source, sourceOffset + inWindow, target, count);
    return count;
  }
}
