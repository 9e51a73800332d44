// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.FlowKey;
import java.util.List;

/** Frames whose key has certain values under certain masks. Immutable. */
final class FrameSet {
  private static final int WORDS = MatchField.WORD_COUNT;

  private final long[] value;
  private final long[] mask;

  private FrameSet(long[] value, long[] mask) {
    this.value = value;
    this.mask = mask;
  }

  static FrameSet of(Match match) {
    long[] value = new long[WORDS];
    long[] mask = new long[WORDS];
    for (int word = 0; word < WORDS; word++) {
      value[word] = match.value(word);
      mask[word] = match.mask(word);
    }
    return new FrameSet(value, mask);
  }

  /** Whether a key can match both, whatever its ingress port. */
  static boolean overlap(Match one, Match other) {
    for (int word = 0; word < WORDS; word++) {
      long both = one.mask(word) & other.mask(word);
      if (((one.value(word) ^ other.value(word)) & both) != 0) {
        return false;
      }
    }
    return true;
  }

  boolean overlaps(Match match) {
    for (int word = 0; word < WORDS; word++) {
      if (((match.value(word) ^ value[word]) & match.mask(word) & mask[word]) != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Adds the frames of this set that do not match, as sets without a common frame: one for each bit
   * that the match looks at and this set leaves open.
   */
  void addWithout(Match match, List<FrameSet> to) {
    long[] fixedValue = value.clone();
    long[] fixedMask = mask.clone();
    for (int word = 0; word < WORDS; word++) {
      for (long open = match.mask(word) & ~mask[word]; open != 0; open &= open - 1) {
        long bit = Long.lowestOneBit(open);
        long[] otherValue = fixedValue.clone();
        long[] otherMask = fixedMask.clone();
        otherMask[word] |= bit;
        otherValue[word] |= ~match.value(word) & bit;
        to.add(new FrameSet(otherValue, otherMask));
        fixedMask[word] |= bit;
        fixedValue[word] |= match.value(word) & bit;
      }
    }
  }

  /** Whether a key belongs to the set. */
  boolean contains(long[] key) {
    for (int word = 0; word < WORDS; word++) {
      if ((key[word] & mask[word]) != value[word]) {
        return false;
      }
    }
    return true;
  }

  /** Fields with bits in the set, as hexadecimal numbers: for a counterexample. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("frames with");
    long[] key = new long[FlowKey.WORDS];
    System.arraycopy(value, 0, key, 0, WORDS);
    for (MatchField field : MatchField.values()) {
      int word = field.isWide() ? field.word() + 1 : field.word();
      if (field != MatchField.IN_PORT && field.extract(mask[word]) != 0) {
        text.append(' ')
            .append(field.fieldName())
            .append("=0x")
            .append(Long.toHexString(field.extract(value[word])));
        if (field.extract(mask[word]) != field.exactMask()) {
          text.append("/0x").append(Long.toHexString(field.extract(mask[word])));
        }
      }
    }
    return text.toString();
  }
}
