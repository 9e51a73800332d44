// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/**
 * Where a NIC queue can write: the contract between a queue and a buffer source.
 *
 * @param windowStart lowest process address the queue may touch
 * @param windowEnd first address behind the window
 * @param bytesBefore bytes in front of a frame's first byte that must lie inside the window though
 *     they are not written (AF_XDP: 256 + headroom)
 * @param bytesAfter bytes from the frame's first byte on that must lie inside the window (the rest
 *     of the chunk)
 * @param frameLengthMax longest frame that the queue ever writes, in bytes; a buffer must hold it
 */
public record DmaConstraints(
    long windowStart, long windowEnd, int bytesBefore, int bytesAfter, int frameLengthMax) {

  /** Whether a frame may land at this address. */
  public boolean accepts(long frameAddress) {
    return frameAddress - windowStart >= bytesBefore && windowEnd - frameAddress >= bytesAfter;
  }
}
