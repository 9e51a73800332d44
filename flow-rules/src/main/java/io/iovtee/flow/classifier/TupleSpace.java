// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import io.iovtee.flow.classifier.Classifier.Step;
import io.iovtee.flow.classifier.Classifier.Visit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * The {@link Subtable}s of one table in the order in which they are asked: that of their highest
 * priorities. A lookup ends as soon as no later one can do better.
 *
 * <p>Immutable, for any thread.
 */
final class TupleSpace {
  /** Not a tag: those have an index above 0 in their low half. */
  static final long UNDECIDED = 1L << Integer.SIZE;

  private final Subtable[] subtables;

  /** Per subtable, the highest priority of its rules. */
  private final int[] priorityMax;

  /** Per subtable, the bits of word 0 that all of its rules agree on. */
  private final long[] gateMasks;

  private final long[] gateValues;

  TupleSpace(Collection<Subtable> unordered) {
    subtables = unordered.toArray(new Subtable[0]);
    Arrays.sort(
        subtables,
        Comparator.comparingInt((Subtable subtable) -> -subtable.priorityMax)
            .thenComparingLong(subtable -> subtable.orderMin));
    priorityMax = new int[subtables.length];
    gateMasks = new long[subtables.length];
    gateValues = new long[subtables.length];
    for (int i = 0; i < subtables.length; i++) {
      priorityMax[i] = subtables[i].priorityMax;
      gateMasks[i] = subtables[i].gateMask;
      gateValues[i] = subtables[i].gateValue;
    }
  }

  int size() {
    return subtables.length;
  }

  /** Tag of the best rule for the key at {@code offset}, or {@link Subtable#NONE}. */
  long lookup(long[] keys, int offset, RulePages.View rules) {
    long word0 = keys[offset];
    long best = Subtable.NONE;
    for (int i = 0; i < subtables.length && mayMatter(i, best); i++) {
      if ((word0 & gateMasks[i]) == gateValues[i] && mayHoldBetter(i, best, rules)) {
        long tag = subtables[i].find(keys, offset);
        if (isBetter(tag, best, rules)) {
          best = tag;
        }
      }
    }
    return best;
  }

  /**
   * Tag of the rule that all frames of a port get whatever is in them, {@link Subtable#NONE} if
   * none gets any rule, or {@link #UNDECIDED}.
   *
   * @param key what is known of any frame of the port before it was looked at: nothing but words 0
   *     (the port) and those from {@link FlowKey#USED_WORDS} on
   */
  long lookupPort(long[] key, RulePages.View rules) {
    long best = Subtable.NONE;
    for (int i = 0; i < subtables.length && mayMatter(i, best); i++) {
      boolean other = ((key[0] ^ gateValues[i]) & gateMasks[i] & FlowKey.IN_PORT_MASK) != 0;
      if (!other && mayHoldBetter(i, best, rules)) {
        if (!subtables[i].looksAtPortOnly()) {
          return UNDECIDED;
        }
        long tag = subtables[i].find(key, 0);
        best = isBetter(tag, best, rules) ? tag : best;
      }
    }
    return best;
  }

  /** As above for all keys of the batch, whose {@code best} it writes. */
  void lookup(long[] keys, LookupBatch batch, RulePages.View rules) {
    int open = batch.count;
    for (int k = 0; k < open; k++) {
      batch.best[k] = Subtable.NONE;
      batch.open[k] = k;
    }
    for (int i = 0; i < subtables.length && open > 0; i++) {
      int left = 0;
      int asked = 0;
      for (int o = 0; o < open; o++) {
        int k = batch.open[o];
        long best = batch.best[k];
        if (mayMatter(i, best)) {
          batch.open[left++] = k;
          batch.asked[asked] = k;
          boolean ask =
              (keys[batch.offsets[k]] & gateMasks[i]) == gateValues[i]
                  && mayHoldBetter(i, best, rules);
          asked += ask ? 1 : 0;
        }
      }
      open = left;
      if (asked > 0) {
        subtables[i].find(keys, batch, asked);
        keepBetter(batch, asked, rules);
      }
    }
  }

  private static void keepBetter(LookupBatch batch, int asked, RulePages.View rules) {
    for (int a = 0; a < asked; a++) {
      int k = batch.asked[a];
      if (isBetter(batch.tags[a], batch.best[k], rules)) {
        batch.best[k] = batch.tags[a];
      }
    }
  }

  /** Whether this subtable or any later one may have a rule that is as good. */
  private boolean mayMatter(int subtable, long best) {
    return best == Subtable.NONE || priorityMax[subtable] >= Subtable.priority(best);
  }

  /** Where only the order can decide: whether any rule there is old enough. */
  private boolean mayHoldBetter(int subtable, long best, RulePages.View rules) {
    return best == Subtable.NONE
        || priorityMax[subtable] > Subtable.priority(best)
        || subtables[subtable].orderMin < rules.order(Subtable.index(best));
  }

  private static boolean isBetter(long tag, long best, RulePages.View rules) {
    if (tag == Subtable.NONE || best == Subtable.NONE) {
      return tag != Subtable.NONE;
    }
    int difference = Subtable.priority(tag) - Subtable.priority(best);
    return difference > 0
        || (difference == 0
            && rules.order(Subtable.index(tag)) < rules.order(Subtable.index(best)));
  }

  /** Does what a lookup does, and writes down how. */
  List<Visit> explain(long[] keys, int offset, RulePages.View rules) {
    List<Visit> visits = new ArrayList<>();
    long best = Subtable.NONE;
    for (int i = 0; i < subtables.length; i++) {
      Subtable subtable = subtables[i];
      long tag = Subtable.NONE;
      Step step = Step.NOT_REACHED;
      if (mayMatter(i, best) && mayHoldBetter(i, best, rules)) {
        boolean asked = (keys[offset] & gateMasks[i]) == gateValues[i];
        tag = asked ? subtable.find(keys, offset) : Subtable.NONE;
        step = !asked ? Step.SKIPPED : tag == Subtable.NONE ? Step.MISSED : Step.FOUND;
        best = isBetter(tag, best, rules) ? tag : best;
      }
      visits.add(
          new Visit(
              Subtable.index(subtable.anyTag()), subtable.ruleCount, step, Subtable.index(tag)));
    }
    return visits;
  }
}
