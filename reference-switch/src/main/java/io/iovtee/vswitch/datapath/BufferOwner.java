// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/** Whoever lent a buffer and takes it back unused. Poll thread. */
@FunctionalInterface
public interface BufferOwner {
  /**
   * Takes a buffer back.
   *
   * @param token the owner's name for it
   * @param writtenLength bytes of the frame that lay in it, 0 if none did
   */
  void giveBack(int token, int writtenLength);

  /** {@link #giveBack(int, int)} for entries {@code from..to-1} of parallel arrays. */
  default void giveBack(int[] tokens, int[] writtenLengths, int from, int to) {
    for (int i = from; i < to; i++) {
      giveBack(tokens[i], writtenLengths[i]);
    }
  }
}
