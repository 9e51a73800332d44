// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

/**
 * The rules that look at the same bits, in one hash table: open addressing with linear probing over
 * a flat {@code long[]}.
 *
 * <p>A slot has one word more than the mask has words: first the tag (upper half: bits of the hash;
 * lower half: rank + 1, so that 0 means empty), then the masked key words. Only the best of several
 * rules with the same key is kept.
 *
 * <p>Filled by one thread before it is published, read by any.
 */
final class Subtable {
  /** No rule: worse than any rank. */
  static final int NONE = Integer.MAX_VALUE;

  /** Slots per rule; a probe for an absent key then looks at about three slots. */
  private static final double SLOTS_PER_RULE = 1.6;

  private static final long TAG_HASH = 0xffff_ffff_0000_0000L;

  /** One odd multiplier per word, so that the products do not depend on each other. */
  private static final long[] MULTIPLIERS = {
    0x9e37_79b9_7f4a_7c15L, 0xbf58_476d_1ce4_e5b9L, 0x94d0_49bb_1331_11ebL, 0xd6e8_feb8_6659_fd93L,
    0xa076_1d64_78bd_642fL, 0xe703_7ed1_a0b4_28dbL, 0x8ebc_6af0_9c88_c6e3L, 0x5899_65cc_7537_4cc3L,
    0x1d8e_4e27_c47d_124fL, 0xeb44_acca_b455_d165L, 0x9fb2_1c65_1e98_df25L
  };

  private final int[] words;
  private final long[] masks;
  private final int slotLength;
  private final int slotCount;
  private final long[] slots;
  private int bestRank = NONE;
  private int ruleCount;
  private long gateMask;
  private long gateValue;

  /**
   * @param mask {@link FlowKey#WORDS} words
   * @param ruleCount rules that will be put, at least 1
   */
  Subtable(long[] mask, int ruleCount) {
    int count = 0;
    for (long word : mask) {
      count += word != 0 ? 1 : 0;
    }
    words = new int[count];
    masks = new long[count];
    for (int word = 0, i = 0; i < count; word++) {
      if (mask[word] != 0) {
        words[i] = word;
        masks[i++] = mask[word];
      }
    }
    slotLength = 1 + count;
    slotCount = (int) (ruleCount * SLOTS_PER_RULE) + 1;
    slots = new long[Math.multiplyExact(slotCount, slotLength)];
  }

  /**
   * Adds a rule. Rules come in the order of their rank: the first one of a key stays.
   *
   * @param key masked already
   */
  void put(long[] key, int rank) {
    long hash = hash(key, 0);
    int slot = slotOf(hash);
    while (slots[slot * slotLength] != 0) {
      if (matches(slot * slotLength, hash, key, 0)) {
        return;
      }
      slot = next(slot);
    }
    int base = slot * slotLength;
    slots[base] = (hash & TAG_HASH) | (rank + 1);
    for (int i = 0; i < words.length; i++) {
      slots[base + 1 + i] = key[words[i]];
    }
    openGate(key[0], rank);
    ruleCount++;
  }

  /** Rules with different keys. */
  int ruleCount() {
    return ruleCount;
  }

  private void openGate(long word0, int rank) {
    if (bestRank == NONE) {
      bestRank = rank;
      gateMask = words.length > 0 && words[0] == 0 ? masks[0] : 0;
    } else {
      gateMask &= ~(gateValue ^ word0);
    }
    gateValue = word0 & gateMask;
  }

  /** Rank of the rule that matches the key at {@code offset}, or {@link #NONE}. */
  int find(long[] keys, int offset) {
    long hash = hash(keys, offset);
    int slot = slotOf(hash);
    while (true) {
      int base = slot * slotLength;
      long tag = slots[base];
      if (tag == 0) {
        return NONE;
      }
      if (matches(base, hash, keys, offset)) {
        return (int) tag - 1;
      }
      slot = next(slot);
    }
  }

  private boolean matches(int base, long hash, long[] keys, int offset) {
    if (((slots[base] ^ hash) & TAG_HASH) != 0) {
      return false;
    }
    long difference = 0;
    for (int i = 0; i < words.length; i++) {
      difference |= slots[base + 1 + i] ^ (keys[offset + words[i]] & masks[i]);
    }
    return difference == 0;
  }

  private long hash(long[] keys, int offset) {
    long sum = 1;
    for (int i = 0; i < words.length; i++) {
      sum += (keys[offset + words[i]] & masks[i]) * MULTIPLIERS[i];
    }
    sum ^= sum >>> 32;
    sum *= MULTIPLIERS[0];
    return sum ^ sum >>> 29;
  }

  private int slotOf(long hash) {
    return (int) Math.unsignedMultiplyHigh(hash, slotCount);
  }

  private int next(int slot) {
    return slot + 1 == slotCount ? 0 : slot + 1;
  }

  int bestRank() {
    return bestRank;
  }

  /** Bits of word 0 that all rules agree on: a key that differs there needs no probe. */
  long gateMask() {
    return gateMask;
  }

  long gateValue() {
    return gateValue;
  }

  /** Bytes of the table, for the memory figures. */
  long byteCount() {
    return 8L * slots.length;
  }
}
