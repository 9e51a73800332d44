// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/** The buffers of one poll loop, as its outputs see them. Poll thread. */
public interface LoopBuffers {
  /** Takes one of the loop's own host chunks, or -1 when none is free. */
  int takeChunk();

  /** Where the chunk's frame starts. */
  long frameAddress(int chunk);

  /** Gives a buffer back to its owner ({@link FrameBatch#HOST_POOL} or a lender). */
  void giveBack(int owner, int token);
}
