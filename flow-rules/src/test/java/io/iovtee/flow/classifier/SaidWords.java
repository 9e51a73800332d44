// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import java.util.Arrays;

/** What a key says: without the words that nobody looks at in a key of this kind. */
final class SaidWords {
  private SaidWords() {}

  /** The words that the parser owns, of the key at {@code offset}. */
  static long[] of(long[] keys, int offset) {
    long[] said = Arrays.copyOfRange(keys, offset, offset + FlowKey.USED_WORDS);
    if (!FlowKey.isWide(said[0])) {
      Arrays.fill(said, FlowKey.NARROW_WORDS, FlowKey.USED_WORDS, 0);
    }
    return said;
  }

  static boolean areEqual(long[] one, long[] other, int offset) {
    return Arrays.equals(of(one, offset), of(other, offset));
  }
}
