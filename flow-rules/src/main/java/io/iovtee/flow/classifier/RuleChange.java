// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

/**
 * A rule that was added to a table or taken out of it, for those who remember what lookups found
 * before.
 *
 * @param index the rule's
 * @param table the number of its table
 * @param words the words of a key that it looks at
 * @param masks their bits, in the order of {@code words}
 * @param values what these must be
 */
record RuleChange(boolean added, int index, int table, int[] words, long[] masks, long[] values) {
  /** Whether the rule for the key may be another one than {@code found} now. */
  boolean affects(int found, long[] keys, int offset) {
    if (!added) {
      return found == index;
    }
    long difference = FlowKey.table(keys, offset) ^ table;
    for (int i = 0; i < words.length; i++) {
      difference |= (keys[offset + words[i]] & masks[i]) ^ values[i];
    }
    return difference == 0;
  }
}
