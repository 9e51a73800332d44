// SPDX-License-Identifier: Apache-2.0
package io.iovtee.api;

/**
 * Where a NIC receive queue takes its buffers from: the first hook. The switch's own pool is one;
 * the IOVTee plugin's lends the buffers that a guest posted on its virtqueue.
 *
 * <p>All methods run on the poll thread that owns the queue. They must not block, allocate, lock or
 * log. A buffer that was lent is the queue's until it either comes back through {@link #giveBack}
 * or is published in place on the virtqueue that it came from.
 */
public interface RxBufferSource {
  /** A name for people: {@code guest:nf1/0}. */
  String name();

  /**
   * Adds at most {@code max} buffers to {@code out} (never beyond its capacity).
   *
   * @return how many were added; 0 when the source has none now
   */
  int lend(BufferList out, int max);

  /**
   * Why {@link #lend} added none the last time: ordinal of a {@link CopyReason}. Frames that come
   * meanwhile are copied for this reason.
   */
  default int refusal() {
    return CopyReason.NO_POSTED_BUFFER.ordinal();
  }

  /**
   * Takes back a buffer that carries no frame for its owner.
   *
   * @param token as given by {@link #lend}
   * @param writtenLength how many bytes from the frame's address on were written, 0 if none: what a
   *     scrubbing source must clear before it lends the buffer again
   */
  void giveBack(int token, int writtenLength);

  /**
   * The queue does not take a buffer that was just lent: it overlaps one that is with the NIC (a
   * guest can post one buffer twice). The source hands it to who can use it otherwise; it does not
   * lend it again at once.
   */
  void refused(int token);

  /**
   * The queue no longer asks this source. It hands the buffers that it holds back to where they
   * came from, and does the same at once with those that {@link #giveBack} brings later. A source
   * that is installed again may be asked again.
   */
  default void stopped() {}
}
