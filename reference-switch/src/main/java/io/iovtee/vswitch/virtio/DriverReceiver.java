// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

import io.iovtee.vswitch.linux.AddressSpace;

/**
 * Posts equal buffers on a receiveq and puts frames together that fill several of them (MRG_RXBUF,
 * virtio 1.2, 5.1.6.4). Driver side, one thread. A buffer's token is its index in the buffer area.
 */
public final class DriverReceiver {
  private final DriverVirtqueue queue;
  private final long buffersHost;
  private final long buffersGuest;
  private final int bufferLength;
  private final int stride;

  /** Used buffers that were reaped and are not handed out yet. */
  private final int[] waiting = new int[ReceivedFrames.BUFFER_CAPACITY];

  private final int[] waitingLength = new int[ReceivedFrames.BUFFER_CAPACITY];
  private int waitingFirst;
  private int waitingEnd;

  private long emptyBuffers;

  /**
   * @param queue the receiveq
   * @param buffersHost where the buffer area starts in this process
   * @param buffersGuest what the device calls that address
   * @param bufferLength bytes of each buffer, virtio-net header included; also the stride
   */
  public DriverReceiver(
      DriverVirtqueue queue, long buffersHost, long buffersGuest, int bufferLength) {
    this(queue, buffersHost, buffersGuest, bufferLength, bufferLength);
  }

  /**
   * As {@link #DriverReceiver(DriverVirtqueue, long, long, int)}, with a distance between buffers.
   *
   * @param stride bytes from one buffer's start to the next one's, at least {@code bufferLength}
   */
  public DriverReceiver(
      DriverVirtqueue queue, long buffersHost, long buffersGuest, int bufferLength, int stride) {
    this.queue = queue;
    this.buffersHost = buffersHost;
    this.buffersGuest = buffersGuest;
    this.bufferLength = bufferLength;
    this.stride = stride;
  }

  /** Process address of a buffer: its virtio-net header, if a frame starts in it. */
  public long hostAddress(int buffer) {
    return buffersHost + (long) buffer * stride;
  }

  /** What the device calls the buffer's address. */
  public long guestAddress(int buffer) {
    return buffersGuest + (long) buffer * stride;
  }

  /** Posts a buffer; visible after the virtqueue's publish. False when the ring is full. */
  public boolean post(int buffer) {
    return queue.add(guestAddress(buffer), bufferLength, true, buffer);
  }

  /**
   * Takes received frames; overwrites {@code out}. Buffers that the device returned empty are
   * posted again and counted. The caller posts the frames' buffers again when it is done with them.
   *
   * @param max how many frames at most
   * @return frames in {@code out}
   */
  public int poll(ReceivedFrames out, int max) {
    out.clear();
    refill();
    int limit = Math.min(max, ReceivedFrames.CAPACITY);
    while (out.count < limit && waitingFirst < waitingEnd) {
      int buffer = waiting[waitingFirst];
      if (waitingLength[waitingFirst] < VirtioNetHeader.LENGTH) {
        waitingFirst++;
        emptyBuffers++;
        post(buffer);
        continue;
      }
      int buffers =
          AddressSpace.getShort(hostAddress(buffer) + VirtioNetHeader.Field.NUM_BUFFERS) & 0xffff;
      buffers = Math.max(1, buffers);
      if (buffers > ReceivedFrames.BUFFER_CAPACITY) {
        throw new IllegalStateException(
            "frame in too many buffers: num_buffers=%d, at most %d"
                .formatted(buffers, ReceivedFrames.BUFFER_CAPACITY));
      }
      if (buffers > waitingEnd - waitingFirst) {
        break;
      }
      out.add(waiting, waitingLength, waitingFirst, buffers);
      waitingFirst += buffers;
    }
    return out.count;
  }

  /** Moves what is left to the front and reaps behind it. */
  private void refill() {
    int left = waitingEnd - waitingFirst;
    if (left > 0 && waitingFirst > 0) {
      System.arraycopy(waiting, waitingFirst, waiting, 0, left);
      System.arraycopy(waitingLength, waitingFirst, waitingLength, 0, left);
    }
    waitingFirst = 0;
    waitingEnd = left + queue.reap(waiting, waitingLength, left, waiting.length);
  }

  /** Buffers that came back without a frame. */
  public long emptyBuffers() {
    return emptyBuffers;
  }
}
