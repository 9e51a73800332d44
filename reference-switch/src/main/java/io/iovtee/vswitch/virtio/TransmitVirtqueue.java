// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.GuestMemory;

/** The device side of a transmitq: the guest posts frames, we read them. */
public final class TransmitVirtqueue extends SplitVirtqueue {
  /** Shortest frame that is taken: an Ethernet header. */
  static final int FRAME_LENGTH_MIN = 14;

  /** flags and gso_type in the first long of a header; both must be 0, since no offload exists. */
  private static final long OFFLOAD_BYTES = 0xffff;

  private final DescriptorChain chain;

  private final byte[] netHeader = new byte[VirtioNetHeader.LENGTH];

  public TransmitVirtqueue(VirtqueueSetup setup) {
    super(setup);
    chain = new DescriptorChain(setup, regions);
  }

  /**
   * Takes frames in ring order; overwrites {@code out}. A frame's head stays outstanding until it
   * is {@link #complete}d with length 0. Malformed chains, frames shorter than 14 or longer than
   * 65535 bytes, and headers that ask for an offload are completed, counted and left out.
   *
   * @param max how many heads to look at, at most
   * @return frames in {@code out}; 0 does not mean that nothing was available
   */
  public int takeTransmit(TransmitFrames out, int max) {
    out.clear();
    int taken = takeHeads(Math.min(max, TransmitFrames.CAPACITY));
    int count = 0;
    for (int i = 0; i < taken; i++) {
      int head = heads[i];
      long bytes = VirtqDesc.length(word[i]);
      long frameLength = bytes - VirtioNetHeader.LENGTH;
      long host;
      if (VirtqDesc.flags(word[i]) != 0
          || frameLength < FRAME_LENGTH_MIN
          || frameLength > TransmitFrames.FRAME_LENGTH_MAX
          || (host = regions.translate(guestAddress[i], bytes)) == GuestMemory.NOT_MAPPED) {
        if (!out.hasRoom()) {
          untake(i, taken);
          break;
        }
        count += takeChain(out, count, head);
        continue;
      }
      if ((AddressSpace.getLong(host) & OFFLOAD_BYTES) != 0) {
        refuse(head, ChainFault.OFFLOAD.ordinal());
        continue;
      }
      out.head[count] = head;
      out.address[count] = host + VirtioNetHeader.LENGTH;
      out.length[count] = (int) frameLength;
      out.contiguous[count] = true;
      count++;
    }
    out.count = count;
    return count;
  }

  /** Whatever is not one plain descriptor; returns 1 if it became a frame, 0 if it was refused. */
  private int takeChain(TransmitFrames out, int index, int head) {
    chain.truncate(0);
    int fault = chain.walk(head, 0, DescriptorChain.WHOLE_CHAIN);
    if (fault == 0) {
      fault = checkFrame(chain.found() - VirtioNetHeader.LENGTH);
    }
    if (fault != 0) {
      refuse(head, fault);
      return 0;
    }
    chain.skip(VirtioNetHeader.LENGTH);
    out.head[index] = head;
    out.length[index] = chain.found() - VirtioNetHeader.LENGTH;
    out.addPieces(index, chain.address, chain.length, chain.count);
    return 1;
  }

  private int checkFrame(int frameLength) {
    if (frameLength <= 0) {
      return ChainFault.HEADER_ONLY.ordinal();
    }
    if (frameLength < FRAME_LENGTH_MIN) {
      return ChainFault.RUNT.ordinal();
    }
    int copied = 0;
    for (int i = 0; copied < VirtioNetHeader.LENGTH; i++) {
      int bytes = Math.min(chain.length[i], VirtioNetHeader.LENGTH - copied);
      AddressSpace.copyToArray(chain.address[i], netHeader, copied, bytes);
      copied += bytes;
    }
    return (netHeader[VirtioNetHeader.Field.FLAGS] | netHeader[VirtioNetHeader.Field.GSO_TYPE]) != 0
        ? ChainFault.OFFLOAD.ordinal()
        : 0;
  }
}
