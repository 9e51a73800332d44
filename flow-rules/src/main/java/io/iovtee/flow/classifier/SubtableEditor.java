// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Changes the rules that look at the same bits, one by one, and publishes them as {@link
 * Subtable}s.
 *
 * <p>Extendible hashing (Fagin et al., ACM TODS 4(3), 1979) on copies: a change makes a new leaf of
 * some eight rules, and copies of what leads to it unless this edit has made them already. A leaf
 * that is too full is split in two by one more bit of the hash, and only when no bit is left, the
 * directory doubles. So a change costs the same however many rules there are, but for that
 * doubling, which moves references only.
 *
 * <p>One thread.
 */
final class SubtableEditor {
  /** Rules in a leaf above which it is split. */
  private static final int LEAF_RULES = 8;

  /** The directory has at most one entry for so many rules: skewed hashes must not make it grow. */
  private static final int RULES_PER_ENTRY = 4;

  final int[] words;
  final long[] masks;

  /** Of all rules, also of those that another one with their key hides. */
  private final TreeMap<Integer, Integer> countByPriority = new TreeMap<>();

  /** Keys that several rules have: all of these, best first. */
  private final Map<Words, int[]> rivals = new HashMap<>();

  private long[][][] chunks = {{{Subtable.header(0, 0)}}};
  private long[][] filters = {{0}};
  private int depth;
  private int keyCount;
  private long orderMin = Long.MAX_VALUE;
  private long gateMask;
  private long gateValue;

  /** The edit that made the array of chunks, and each chunk: within it they may be written. */
  private long chunksEdit = -1;

  private long[] chunkEdits = {-1};

  private @Nullable Subtable published;

  /** Words as the key of a map. */
  record Words(long[] words) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Words same && Arrays.equals(words, same.words);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(words);
    }
  }

  /**
   * @param mask {@link FlowKey#WORDS} words
   */
  SubtableEditor(long[] mask) {
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
  }

  /** The words of a masked key that are looked at. */
  long[] pack(long[] key) {
    long[] packed = new long[words.length];
    for (int i = 0; i < packed.length; i++) {
      packed[i] = key[words[i]];
    }
    return packed;
  }

  /**
   * Adds a rule.
   *
   * @param key packed
   * @param rules has the rule already
   * @param edit a number that {@link #publish} separates
   */
  void put(long[] key, int index, RulePages.View rules, long edit) {
    published = null;
    int priority = rules.rule(index).priority();
    countByPriority.merge(priority, 1, Integer::sum);
    orderMin = Math.min(orderMin, rules.order(index));
    openGate(key);
    long hash = Subtable.hash(key, 0, key.length);
    long tag = Subtable.tag(hash, priority, index);
    long[] leaf = leaf(hash);
    int at = find(leaf, hash, key);
    if (at == 0) {
      insert(key, hash, tag, edit);
      return;
    }
    int[] all = rivals.getOrDefault(new Words(key), new int[] {Subtable.index(leaf[at])});
    int place = 0;
    while (place < all.length && isBefore(all[place], index, rules)) {
      place++;
    }
    int[] more = Arrays.copyOf(all, all.length + 1);
    System.arraycopy(all, place, more, place + 1, all.length - place);
    more[place] = index;
    rivals.put(new Words(key), more);
    if (place == 0) {
      setTag(hash, at, tag, edit);
    }
  }

  /** Takes a rule out; as {@link #put}. */
  void remove(long[] key, int index, RulePages.View rules, long edit) {
    published = null;
    int priority = rules.rule(index).priority();
    countByPriority.computeIfPresent(priority, (_, count) -> count == 1 ? null : count - 1);
    long hash = Subtable.hash(key, 0, key.length);
    int[] all = rivals.get(new Words(key));
    int at = find(leaf(hash), hash, key);
    if (all == null) {
      delete(hash, at, edit);
      return;
    }
    int[] left = Arrays.stream(all).filter(i -> i != index).toArray();
    if (left.length > 1) {
      rivals.put(new Words(key), left);
    } else {
      rivals.remove(new Words(key));
    }
    if (all[0] == index) {
      setTag(hash, at, Subtable.tag(hash, rules.rule(left[0]).priority(), left[0]), edit);
    }
  }

  private static boolean isBefore(int one, int other, RulePages.View rules) {
    int difference = rules.rule(one).priority() - rules.rule(other).priority();
    return difference > 0 || (difference == 0 && rules.order(one) < rules.order(other));
  }

  /** What readers may look up in. */
  Subtable publish() {
    Subtable made = published;
    if (made == null) {
      made = new Subtable(this, chunks, filters, depth);
      published = made;
    }
    return made;
  }

  /** Narrows to the bits that all rules agree on; a rule that goes leaves it as it is. */
  private void openGate(long[] key) {
    if (words.length > 0 && words[0] == 0) {
      gateMask = keyCount == 0 ? masks[0] : gateMask & ~(gateValue ^ key[0]);
      gateValue = key[0] & gateMask;
    }
  }

  // ---- leaves ---------------------------------------------------------------------------------

  private long[] leaf(long hash) {
    int at = Subtable.indexOf(hash, Subtable.shiftOf(depth));
    return chunks[at >>> Subtable.CHUNK_SHIFT][at & (Subtable.CHUNK_SIZE - 1)];
  }

  /** Number of the tag in a leaf that has this key, or 0. */
  private int find(long[] leaf, long hash, long[] key) {
    int count = (int) leaf[0];
    for (int i = 1; i <= count; i++) {
      int from = Subtable.keyAt(i, count, key.length);
      if (Subtable.sameTagHash(leaf[i], Subtable.tagHash(hash))
          && Arrays.equals(leaf, from, from + key.length, key, 0, key.length)) {
        return i;
      }
    }
    return 0;
  }

  private void insert(long[] key, long hash, long tag, long edit) {
    keyCount++;
    while ((int) leaf(hash)[0] >= LEAF_RULES && split(hash, edit)) {
      // One bit of the hash at a time: all of a leaf may go to one side.
    }
    setLeaf(hash, with(leaf(hash), key, tag), edit);
  }

  private static long[] with(long[] leaf, long[] key, long tag) {
    int count = (int) leaf[0];
    long[] more = new long[leaf.length + 1 + key.length];
    more[0] = leaf[0] + 1;
    System.arraycopy(leaf, 1, more, 1, count);
    more[1 + count] = tag;
    System.arraycopy(leaf, 1 + count, more, 2 + count, count * key.length);
    System.arraycopy(key, 0, more, more.length - key.length, key.length);
    return more;
  }

  private void delete(long hash, int at, long edit) {
    keyCount--;
    long[] leaf = leaf(hash);
    int count = (int) leaf[0];
    long[] less = new long[leaf.length - 1 - words.length];
    less[0] = leaf[0] - 1;
    System.arraycopy(leaf, 1, less, 1, at - 1);
    System.arraycopy(leaf, at + 1, less, at, count - at);
    int before = (at - 1) * words.length;
    System.arraycopy(leaf, 1 + count, less, count, before);
    int behind = 1 + count + before + words.length;
    System.arraycopy(leaf, behind, less, count + before, leaf.length - behind);
    setLeaf(hash, less, edit);
  }

  private void setTag(long hash, int at, long tag, long edit) {
    long[] changed = leaf(hash).clone();
    changed[at] = tag;
    setLeaf(hash, changed, edit);
  }

  /** Puts a leaf wherever the one for this hash was. */
  private void setLeaf(long hash, long[] leaf, long edit) {
    int bits = depth - Subtable.depth(leaf);
    int first = Subtable.indexOf(hash, Subtable.shiftOf(depth)) >>> bits << bits;
    long filter = Subtable.filter(leaf);
    for (int at = first; at < first + (1 << bits); at++) {
      int chunk = at >>> Subtable.CHUNK_SHIFT;
      own(chunk, edit);
      chunks[chunk][at & (Subtable.CHUNK_SIZE - 1)] = leaf;
      filters[chunk][at & (Subtable.CHUNK_SIZE - 1)] = filter;
    }
  }

  private void own(int chunk, long edit) {
    if (chunksEdit != edit) {
      chunks = chunks.clone();
      filters = filters.clone();
      chunksEdit = edit;
    }
    if (chunkEdits[chunk] != edit) {
      chunks[chunk] = chunks[chunk].clone();
      filters[chunk] = filters[chunk].clone();
      chunkEdits[chunk] = edit;
    }
  }

  /** Splits the leaf of this hash by its next bit; false if the directory may not grow for it. */
  private boolean split(long hash, long edit) {
    long[] leaf = leaf(hash);
    int bits = Subtable.depth(leaf);
    if (bits == depth && !doubleDirectory(edit)) {
      return false;
    }
    long[] zeros = {Subtable.header(0, bits + 1)};
    long[] ones = {Subtable.header(0, bits + 1)};
    int count = (int) leaf[0];
    long bit = Long.MIN_VALUE >>> bits;
    for (int i = 1; i <= count; i++) {
      int from = Subtable.keyAt(i, count, words.length);
      long[] key = Arrays.copyOfRange(leaf, from, from + words.length);
      if ((Subtable.hash(key, 0, key.length) & bit) == 0) {
        zeros = with(zeros, key, leaf[i]);
      } else {
        ones = with(ones, key, leaf[i]);
      }
    }
    setLeaf(hash & ~bit, zeros, edit);
    setLeaf(hash | bit, ones, edit);
    return true;
  }

  private boolean doubleDirectory(long edit) {
    if ((2L << depth) * RULES_PER_ENTRY > keyCount) {
      return false;
    }
    int entries = 2 << depth;
    int perChunk = Math.min(entries, Subtable.CHUNK_SIZE);
    long[][][] doubled = new long[entries / perChunk][perChunk][];
    long[][] doubledFilters = new long[entries / perChunk][perChunk];
    for (int at = 0; at < entries; at++) {
      int from = at >>> 1;
      int fromChunk = from >>> Subtable.CHUNK_SHIFT;
      int fromPlace = from & (Subtable.CHUNK_SIZE - 1);
      doubled[at >>> Subtable.CHUNK_SHIFT][at & (Subtable.CHUNK_SIZE - 1)] =
          chunks[fromChunk][fromPlace];
      doubledFilters[at >>> Subtable.CHUNK_SHIFT][at & (Subtable.CHUNK_SIZE - 1)] =
          filters[fromChunk][fromPlace];
    }
    chunks = doubled;
    filters = doubledFilters;
    depth++;
    chunksEdit = edit;
    chunkEdits = new long[doubled.length];
    Arrays.fill(chunkEdits, edit);
    return true;
  }

  // ---- what a subtable tells ------------------------------------------------------------------

  boolean isEmpty() {
    return countByPriority.isEmpty();
  }

  int priorityMax() {
    return countByPriority.lastKey();
  }

  /** A lower bound: a rule that goes leaves it as it is. */
  long orderMin() {
    return orderMin;
  }

  long gateMask() {
    return gateMask;
  }

  long gateValue() {
    return gateValue;
  }

  int keyCount() {
    return keyCount;
  }
}
