// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/**
 * Frames whose start a tag has moved: their address and length as they were, put back when the
 * batch has been sent, since whoever gets the buffer back knows the old ones. One loop owns it.
 */
final class MovedFrames {
  private final int[] index = new int[FrameBatch.CAPACITY];
  private final long[] address = new long[FrameBatch.CAPACITY];
  private final int[] length = new int[FrameBatch.CAPACITY];
  private int count;

  /** A new batch begins. */
  void clear() {
    count = 0;
  }

  /** Frame i is about to be moved, again or for the first time; frames come one after the other. */
  void note(int i, long itsAddress, int itsLength) {
    if (count == 0 || index[count - 1] != i) {
      index[count] = i;
      address[count] = itsAddress;
      length[count++] = itsLength;
    }
  }

  /** The batch has been sent, or given up: its frames lie where their owners know them. */
  void putBack(FrameBatch batch) {
    for (int m = 0; m < count; m++) {
      batch.address[index[m]] = address[m];
      batch.setLength(index[m], length[m]);
    }
    count = 0;
  }
}
