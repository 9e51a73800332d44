// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.virtio;

/**
 * Frames that a driver received: frame {@code i} lies in the buffers {@code buffer[first[i]] ..
 * buffer[first[i] + buffers[i] - 1]}. In its first buffer the virtio-net header stands in front.
 */
public final class ReceivedFrames {
  /** Frames per step. */
  public static final int CAPACITY = 64;

  /** Buffers per step. */
  public static final int BUFFER_CAPACITY = 256;

  /** Frame length in bytes, virtio-net header excluded. */
  public final int[] length = new int[CAPACITY];

  /** Position of the frame's first buffer in {@link #buffer}. */
  public final int[] first = new int[CAPACITY];

  /** How many buffers the frame fills. */
  public final int[] buffers = new int[CAPACITY];

  /** Buffer indices, in frame order. */
  public final int[] buffer = new int[BUFFER_CAPACITY];

  /** Bytes that the device wrote into each, virtio-net header included. */
  public final int[] written = new int[BUFFER_CAPACITY];

  /** Frames in the list. */
  public int count;

  /** Entries of {@link #buffer} in use. */
  public int bufferCount;

  /** Empties the list. */
  public void clear() {
    count = 0;
    bufferCount = 0;
  }

  /** Adds a frame that fills {@code from..from + buffersOfFrame} of the given buffers. */
  void add(int[] source, int[] sourceWritten, int from, int buffersOfFrame) {
    first[count] = bufferCount;
    buffers[count] = buffersOfFrame;
    int bytes = -VirtioNetHeader.LENGTH;
    for (int i = from; i < from + buffersOfFrame; i++) {
      buffer[bufferCount] = source[i];
      written[bufferCount] = sourceWritten[i];
      bytes += sourceWritten[i];
      bufferCount++;
    }
    length[count] = bytes;
    count++;
  }
}
