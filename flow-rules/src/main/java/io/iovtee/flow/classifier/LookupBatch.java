// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

/**
 * Keys that are looked up together. In a large table a lookup waits for memory several times, one
 * wait after the other; those of different keys can go on at the same time. So each step is done
 * for all keys before the next one begins ({@link Subtable#find(long[], LookupBatch, int)}).
 *
 * <p>The place for what is between the steps, too, so that a lookup allocates nothing. One thread's
 * own; any number of classifiers may be asked with it, one after the other.
 */
public final class LookupBatch {
  /** As many as a poll loop handles at a time. */
  public static final int CAPACITY = 64;

  /** Fewer keys are looked up one by one: short loops cost more than the waits that they save. */
  static final int WORTHWHILE = 6;

  /** Keys asked for, and where each begins. */
  int count;

  final int[] offsets = new int[CAPACITY];

  /** Per key, the tag of the best rule so far, or {@link Subtable#NONE}. */
  final long[] best = new long[CAPACITY];

  /** Keys for which a better rule may still come. */
  final int[] open = new int[CAPACITY];

  // What one subtable is asked, and its steps: the a-th key asked, the p-th that passed its filter.

  final int[] asked = new int[CAPACITY];
  final long[] hashes = new long[CAPACITY];
  final long[] tags = new long[CAPACITY];
  final int[] passed = new int[CAPACITY];
  final long[][] leaves = new long[CAPACITY][];
  final int[] places = new int[CAPACITY];

  /** Forgets the keys. */
  public void clear() {
    count = 0;
  }

  /**
   * Asks for the key at {@code offset}.
   *
   * @throws ArrayIndexOutOfBoundsException beyond {@link #CAPACITY} keys
   */
  public void add(int offset) {
    offsets[count] = offset;
    count++;
  }

  public int count() {
    return count;
  }

  /** The table that all keys ask, or -1 if they ask several. */
  int table(long[] keys) {
    int table = -1;
    for (int k = 0; k < count; k++) {
      int asked = FlowKey.table(keys, offsets[k]);
      if (k > 0 && asked != table) {
        return -1;
      }
      table = asked;
    }
    return table;
  }

  /**
   * What {@link Classifier#lookup(long[], int)} returns for the key that was added i-th, from 0.
   */
  public int found(int i) {
    return Subtable.index(best[i]);
  }
}
