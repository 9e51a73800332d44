// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import java.security.SecureRandom;

/**
 * The rules that look at the same bits, in one hash table: a directory of small leaves, chosen by
 * the upper bits of a key's hash. Nothing in it changes once it is published; {@link
 * SubtableEditor} makes the next one, which shares all leaves but those that changed.
 *
 * <p>A leaf is a {@code long[]}: a header (how many rules, and by how many bits of the hash they
 * were chosen), a tag for each rule, then their masked key words. A tag has 16 bits of the hash,
 * the rule's priority and its index + 1, so that 0 is none. Only the best of several rules with the
 * same key is there.
 *
 * <p>Immutable, for any thread.
 */
final class Subtable {
  /** No rule's tag. */
  static final long NONE = 0;

  /** Bits of a directory index within one chunk: what a change of one leaf copies, 2 KB. */
  static final int CHUNK_SHIFT = 9;

  static final int CHUNK_SIZE = 1 << CHUNK_SHIFT;

  private static final int TAG_HASH_SHIFT = 48;
  private static final int PRIORITY_SHIFT = 32;
  private static final long PRIORITY_MASK = 0xffff;
  private static final int HEADER_DEPTH_SHIFT = 32;

  private static final long FINAL_MULTIPLIER = 0x9e37_79b9_7f4a_7c15L;

  /**
   * One odd multiplier per word, so that the products do not depend on each other; random, so that
   * nobody outside can choose rules that fall on each other.
   */
  private static final long[] MULTIPLIERS = multipliers();

  /** The words of a key that the mask has bits in, and these bits. */
  final int[] words;

  final long[] masks;

  /** Leaves by chunk of the directory; several neighbours may be the same leaf. */
  private final long[][][] chunks;

  /** For each leaf, two bits per rule: so that most absent keys need no look at the leaf. */
  private final long[][] filters;

  /** 63 minus the bits of the directory's index. */
  private final int shift;

  /** No rule of it has a higher one. */
  final int priorityMax;

  /** No rule of it was added before this. */
  final long orderMin;

  /** Bits of word 0 that all rules agree on: a key that differs there needs no probe. */
  final long gateMask;

  final long gateValue;

  /** Rules with different keys. */
  final int ruleCount;

  Subtable(SubtableEditor from, long[][][] chunks, long[][] filters, int depth) {
    words = from.words;
    masks = from.masks;
    this.chunks = chunks;
    this.filters = filters;
    shift = shiftOf(depth);
    priorityMax = from.priorityMax();
    orderMin = from.orderMin();
    gateMask = from.gateMask();
    gateValue = from.gateValue();
    ruleCount = from.keyCount();
  }

  private static long[] multipliers() {
    SecureRandom random = new SecureRandom();
    long[] odd = new long[FlowKey.WORDS];
    for (int i = 0; i < odd.length; i++) {
      odd[i] = random.nextLong() | 1;
    }
    return odd;
  }

  /** Whether its rules look at nothing that is in a frame. */
  boolean looksAtPortOnly() {
    for (int i = 0; i < words.length; i++) {
      boolean inFrame =
          words[i] == 0
              ? (masks[i] & ~FlowKey.IN_PORT_MASK) != 0
              : words[i] < FlowKey.USED_WORDS && masks[i] != 0;
      if (inFrame) {
        return false;
      }
    }
    return true;
  }

  /** Tag of the rule that matches the key at {@code offset}, or {@link #NONE}. */
  long find(long[] keys, int offset) {
    long sum = 1;
    for (int i = 0; i < words.length; i++) {
      sum += (keys[offset + words[i]] & masks[i]) * MULTIPLIERS[i];
    }
    long hash = mix(sum);
    int at = indexOf(hash, shift);
    long bits = filterBits(hash);
    if ((filters[at >>> CHUNK_SHIFT][at & (CHUNK_SIZE - 1)] & bits) != bits) {
      return NONE;
    }
    long[] leaf = chunks[at >>> CHUNK_SHIFT][at & (CHUNK_SIZE - 1)];
    int count = (int) leaf[0];
    long wanted = tagHash(hash);
    for (int i = 1; i <= count; i++) {
      if (sameTagHash(leaf[i], wanted) && matches(leaf, i, count, keys, offset)) {
        return leaf[i];
      }
    }
    return NONE;
  }

  /**
   * As above for the keys that the batch asks, each step for all of them: loads of one step do not
   * depend on each other, so the waits for memory overlap.
   *
   * @param count how many it asks; their tags are written
   */
  void find(long[] keys, LookupBatch batch, int count) {
    int passed = passFilter(keys, batch, count);
    for (int p = 0; p < passed; p++) {
      int at = indexOf(batch.hashes[batch.passed[p]], shift);
      long[] leaf = chunks[at >>> CHUNK_SHIFT][at & (CHUNK_SIZE - 1)];
      batch.leaves[p] = leaf;
      batch.places[p] = (int) leaf[0];
    }
    for (int p = 0; p < passed; p++) {
      batch.places[p] = placeOf(batch.leaves[p], batch.places[p], batch.hashes[batch.passed[p]]);
    }
    for (int p = 0; p < passed; p++) {
      long[] leaf = batch.leaves[p];
      int place = batch.places[p];
      int a = batch.passed[p];
      if (place > 0) {
        int offset = batch.offsets[batch.asked[a]];
        boolean found = matches(leaf, place, (int) leaf[0], keys, offset);
        // Rarely another rule of the leaf has the same bits of the hash.
        batch.tags[a] = found ? leaf[place] : find(keys, offset);
      }
    }
  }

  /** Without a branch for the answer, which would be guessed wrong often. */
  private int passFilter(long[] keys, LookupBatch batch, int count) {
    int passed = 0;
    for (int a = 0; a < count; a++) {
      int offset = batch.offsets[batch.asked[a]];
      long sum = 1;
      for (int i = 0; i < words.length; i++) {
        sum += (keys[offset + words[i]] & masks[i]) * MULTIPLIERS[i];
      }
      long hash = mix(sum);
      int at = indexOf(hash, shift);
      long bits = filterBits(hash);
      long lacking = bits & ~filters[at >>> CHUNK_SHIFT][at & (CHUNK_SIZE - 1)];
      batch.hashes[a] = hash;
      batch.tags[a] = NONE;
      batch.passed[passed] = a;
      passed += lacking == 0 ? 1 : 0;
    }
    return passed;
  }

  /** Number of a tag in a leaf that has these bits of the hash, or 0. */
  private static int placeOf(long[] leaf, int count, long hash) {
    long wanted = tagHash(hash);
    int place = 0;
    for (int i = 1; i <= count; i++) {
      place = sameTagHash(leaf[i], wanted) ? i : place;
    }
    return place;
  }

  private boolean matches(long[] leaf, int i, int count, long[] keys, int offset) {
    int base = keyAt(i, count, words.length);
    long difference = 0;
    for (int word = 0; word < words.length; word++) {
      difference |= leaf[base + word] ^ (keys[offset + words[word]] & masks[word]);
    }
    return difference == 0;
  }

  /** The best tag of some leaf that has any: to show what the rules here are like. */
  long anyTag() {
    long best = NONE;
    for (int chunk = 0; chunk < chunks.length && best == NONE; chunk++) {
      for (int i = 0; i < chunks[chunk].length && best == NONE; i++) {
        long[] leaf = chunks[chunk][i];
        for (int rule = 1; rule <= (int) leaf[0]; rule++) {
          best = best == NONE || priority(leaf[rule]) > priority(best) ? leaf[rule] : best;
        }
      }
    }
    return best;
  }

  // ---- the form of leaves and tags, for the editor too ----------------------------------------

  /**
   * Hash of masked words.
   *
   * @param key the words of the mask, one behind the other from {@code at}
   */
  static long hash(long[] key, int at, int wordCount) {
    long sum = 1;
    for (int i = 0; i < wordCount; i++) {
      sum += key[at + i] * MULTIPLIERS[i];
    }
    return mix(sum);
  }

  private static long mix(long sum) {
    long mixed = (sum ^ sum >>> 32) * FINAL_MULTIPLIER;
    return mixed ^ mixed >>> 29;
  }

  /** What {@link #indexOf} shifts by, for a directory whose index has {@code depth} bits. */
  static int shiftOf(int depth) {
    return Long.SIZE - 1 - depth;
  }

  /** The upper bits of the hash; in two steps, since a shift by 64 would be none. */
  static int indexOf(long hash, int shift) {
    return (int) (hash >>> 1 >>> shift);
  }

  static long tagHash(long hash) {
    return hash << TAG_HASH_SHIFT;
  }

  /**
   * The bits that a key with this hash has in its leaf's filter. With eight rules in a leaf one
   * absent key of twenty passes.
   *
   * @param hash at least its low 16 bits, which the tag has, too
   */
  private static long filterBits(long hash) {
    return 1L << hash | 1L << (hash >>> 6);
  }

  /** The filter of a leaf. */
  static long filter(long[] leaf) {
    long bits = 0;
    int count = (int) leaf[0];
    for (int i = 1; i <= count; i++) {
      bits |= filterBits(leaf[i] >>> TAG_HASH_SHIFT);
    }
    return bits;
  }

  static boolean sameTagHash(long tag, long other) {
    return (tag ^ other) >>> TAG_HASH_SHIFT == 0;
  }

  static long tag(long hash, int priority, int index) {
    return tagHash(hash) | (long) priority << PRIORITY_SHIFT | (index + 1L);
  }

  static int priority(long tag) {
    return (int) (tag >>> PRIORITY_SHIFT & PRIORITY_MASK);
  }

  static int index(long tag) {
    return (int) tag - 1;
  }

  static long header(int count, int depth) {
    return (long) depth << HEADER_DEPTH_SHIFT | count;
  }

  static int depth(long[] leaf) {
    return (int) (leaf[0] >>> HEADER_DEPTH_SHIFT);
  }

  /** Where the key of the rule with the tag {@code i} (from 1) starts in a leaf. */
  static int keyAt(int i, int count, int wordCount) {
    return 1 + count + (i - 1) * wordCount;
  }
}
