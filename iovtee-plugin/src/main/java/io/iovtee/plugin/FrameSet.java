// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.flow.Match;
import io.iovtee.flow.MatchField;
import io.iovtee.flow.classifier.FlowKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /** The frames of this set that the match is for, too; null if there are none. */
  @Nullable FrameSet and(Match match) {
    if (!overlaps(match)) {
      return null;
    }
    long[] bothValue = value.clone();
    long[] bothMask = mask.clone();
    for (int word = 0; word < WORDS; word++) {
      bothValue[word] |= match.value(word);
      bothMask[word] |= match.mask(word);
    }
    return new FrameSet(bothValue, bothMask);
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
   * The frames of several sets that do not match.
   *
   * @param sets without a common frame, and so are those of the answer
   * @param piecesMax with more sets than these the answer is not complete
   */
  static List<FrameSet> without(List<FrameSet> sets, Match match, int piecesMax) {
    List<FrameSet> left = new ArrayList<>();
    for (FrameSet set : sets) {
      if (!set.overlaps(match)) {
        left.add(set);
      } else if (left.size() <= piecesMax) {
        set.addWithout(match, left);
      }
    }
    return left;
  }

  /**
   * Adds the frames of this set that do not match, as sets without a common frame: one for each bit
   * that the match looks at and this set leaves open.
   */
  private void addWithout(Match match, List<FrameSet> to) {
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
