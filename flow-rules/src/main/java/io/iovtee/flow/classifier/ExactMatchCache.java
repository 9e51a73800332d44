// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;

/**
 * Remembers which rule a {@link Classifier} found for a key. Keys are cut to the bits that any rule
 * looks at, so fields that no rule names never cost a miss. That no rule matched is remembered too.
 *
 * <p>Two-way: a key can lie in either of two neighbouring entries; a third one replaces one of
 * them. An entry is one cache line (five masked key words and what was found); the six words that
 * only IPv6 and ARP have lie in an array of their own, which other frames do not touch. The
 * multipliers of the hash are random, so that nobody outside can choose frames that fall on each
 * other.
 *
 * <p>One poll loop owns it. The counters may be read by any thread.
 */
public final class ExactMatchCache {
  /** Entries by default: 512 KB, and 512 KB more that only IPv6 and ARP use. */
  public static final int ENTRIES_DEFAULT = 8192;

  /** Bounds the memory of one cache: 128 MB. */
  public static final int ENTRIES_MAX = 1 << 20;

  private static final int ENTRY_LONGS = 8;

  /**
   * Where an entry has its result: generation in the upper half, index of the rule in the lower.
   */
  private static final int RESULT = 5;

  /** Skipped at the start: a large array starts 16 bytes behind a line, this ends the line. */
  private static final int LEADING_LONGS = 6;

  /** Fills the upper half of a result. */
  private static final long GENERATION_MAX = 0xffff_ffffL;

  /** Not a result: those are {@link Classifier#MISS} and up. */
  private static final int NOTHING_FOUND = Integer.MIN_VALUE;

  private static final int WIDE_WORDS = FlowKey.USED_WORDS - FlowKey.NARROW_WORDS;

  private static final VarHandle HITS;
  private static final VarHandle MISSES;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HITS = lookup.findVarHandle(ExactMatchCache.class, "hits", long.class);
      MISSES = lookup.findVarHandle(ExactMatchCache.class, "misses", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int shift;
  private final long[] entries;
  private final long[] wideEntries;
  private final long[] multipliers = new long[FlowKey.USED_WORDS];
  private final long[] masks = new long[FlowKey.USED_WORDS];

  /** Whether any rule looks at words that only IPv6 and ARP have. */
  private boolean wide;

  private Classifier classifier = Classifier.compile(List.of(), port -> -1);

  /** Changes with each classifier; entries of another generation are empty. Never 0. */
  private long generation = 1;

  private long hits;
  private long misses;

  /** A cache of {@link #ENTRIES_DEFAULT} entries; no rule matches until it is reset. */
  public ExactMatchCache() {
    this(ENTRIES_DEFAULT);
  }

  /**
   * @param entryCount a power of two, 2..{@link #ENTRIES_MAX}
   */
  public ExactMatchCache(int entryCount) {
    if (entryCount < 2 || entryCount > ENTRIES_MAX || Integer.bitCount(entryCount) != 1) {
      throw new IllegalArgumentException(
          "entries must be a power of two, 2 to " + ENTRIES_MAX + ": entries=" + entryCount);
    }
    shift = Long.SIZE - Integer.numberOfTrailingZeros(entryCount);
    entries = new long[LEADING_LONGS + entryCount * ENTRY_LONGS];
    wideEntries = new long[entries.length];
    SecureRandom random = new SecureRandom();
    for (int i = 0; i < multipliers.length; i++) {
      multipliers[i] = random.nextLong() | 1;
    }
  }

  /** Takes another classifier and forgets all that the one before had found. */
  public void reset(Classifier classifier) {
    this.classifier = classifier;
    long[] union = classifier.unionMask();
    wide = false;
    for (int word = 0; word < masks.length; word++) {
      masks[word] = union[word];
      wide |= word >= FlowKey.NARROW_WORDS && union[word] != 0;
    }
    generation++;
    if (generation > GENERATION_MAX) {
      generation = 1;
      Arrays.fill(entries, 0);
    }
  }

  /**
   * Finds the rule for the key at {@code offset}.
   *
   * @return what {@link Classifier#lookup} returns
   */
  public int lookup(long[] keys, int offset) {
    long missesBefore = misses;
    int base = entryOf(hash(keys, offset));
    int result = holds(base, keys, offset) ? (int) entries[base + RESULT] : retry(keys, offset);
    HITS.setOpaque(this, hits + 1 - (misses - missesBefore));
    return result;
  }

  /**
   * Finds the rules for {@code count} keys, key i at {@code i * FlowKey.WORDS}.
   *
   * @param result gets what {@link Classifier#lookup} returns, by key
   */
  public void lookup(long[] keys, int count, int[] result) {
    long missesBefore = misses;
    long[] entries = this.entries;
    long m0 = masks[0];
    long m1 = masks[1];
    long m2 = masks[2];
    long m3 = masks[3];
    long m4 = masks[4];
    long c0 = multipliers[0];
    long c1 = multipliers[1];
    long c2 = multipliers[2];
    long c3 = multipliers[3];
    long c4 = multipliers[4];
    long p0 = 0;
    long p1 = 0;
    long p2 = 0;
    long p3 = 0;
    long p4 = 0;
    int previous = NOTHING_FOUND;
    for (int i = 0, offset = 0; i < count; i++, offset += FlowKey.WORDS) {
      long k0 = keys[offset] & m0;
      long k1 = keys[offset + 1] & m1;
      long k2 = keys[offset + 2] & m2;
      long k3 = keys[offset + 3] & m3;
      long k4 = keys[offset + 4] & m4;
      if (wide && FlowKey.isWide(keys[offset])) {
        result[i] = lookupWide(keys, offset);
        previous = NOTHING_FOUND;
        continue;
      }
      if (((k0 ^ p0) | (k1 ^ p1) | (k2 ^ p2) | (k3 ^ p3) | (k4 ^ p4)) != 0
          || previous == NOTHING_FOUND) {
        int base = entryOf(k0 * c0 + k1 * c1 + k2 * c2 + k3 * c3 + k4 * c4);
        long found = entries[base + RESULT];
        long difference =
            (entries[base] ^ k0)
                | (entries[base + 1] ^ k1)
                | (entries[base + 2] ^ k2)
                | (entries[base + 3] ^ k3)
                | (entries[base + 4] ^ k4)
                | (found >>> 32 ^ generation);
        previous = difference == 0 ? (int) found : retry(keys, offset);
        p0 = k0;
        p1 = k1;
        p2 = k2;
        p3 = k3;
        p4 = k4;
      }
      result[i] = previous;
    }
    HITS.setOpaque(this, hits + count - (misses - missesBefore));
  }

  /** One IPv6 or ARP key of a batch; the key before it in the batch is compared first. */
  private int lookupWide(long[] keys, int offset) {
    int base = entryOf(hash(keys, offset));
    return holds(base, keys, offset) ? (int) entries[base + RESULT] : retry(keys, offset);
  }

  /** The first entry does not hold the key: tries the second, then the classifier. */
  private int retry(long[] keys, int offset) {
    int base = entryOf(hash(keys, offset));
    int other = (base - LEADING_LONGS ^ ENTRY_LONGS) + LEADING_LONGS;
    if (holds(other, keys, offset)) {
      return (int) entries[other + RESULT];
    }
    MISSES.setOpaque(this, misses + 1);
    int result = classifier.lookup(keys, offset);
    int victim = base;
    if (isCurrent(base) && (!isCurrent(other) || (misses & 1) == 0)) {
      victim = other;
    }
    fill(victim, keys, offset, result);
    return result;
  }

  private boolean isCurrent(int base) {
    return entries[base + RESULT] >>> 32 == generation;
  }

  private void fill(int base, long[] keys, int offset, int result) {
    for (int word = 0; word < FlowKey.NARROW_WORDS; word++) {
      entries[base + word] = keys[offset + word] & masks[word];
    }
    entries[base + RESULT] = generation << 32 | (result & 0xffff_ffffL);
    if (wide && FlowKey.isWide(keys[offset])) {
      for (int i = 0; i < WIDE_WORDS; i++) {
        int word = FlowKey.NARROW_WORDS + i;
        wideEntries[base + i] = keys[offset + word] & masks[word];
      }
    }
  }

  private boolean holds(int base, long[] keys, int offset) {
    if (!isCurrent(base)) {
      return false;
    }
    long difference = 0;
    for (int word = 0; word < FlowKey.NARROW_WORDS; word++) {
      difference |= entries[base + word] ^ (keys[offset + word] & masks[word]);
    }
    // A rule that looks at the wide words also looks at dl_type: equal here means equally wide.
    if (wide && difference == 0 && FlowKey.isWide(keys[offset])) {
      for (int i = 0; i < WIDE_WORDS; i++) {
        int word = FlowKey.NARROW_WORDS + i;
        difference |= wideEntries[base + i] ^ (keys[offset + word] & masks[word]);
      }
    }
    return difference == 0;
  }

  private long hash(long[] keys, int offset) {
    int count = wide && FlowKey.isWide(keys[offset]) ? FlowKey.USED_WORDS : FlowKey.NARROW_WORDS;
    long sum = 0;
    for (int word = 0; word < count; word++) {
      sum += (keys[offset + word] & masks[word]) * multipliers[word];
    }
    return sum;
  }

  /** The upper bits of the sum depend on all bits of the key. */
  private int entryOf(long hash) {
    return LEADING_LONGS + (int) (hash >>> shift) * ENTRY_LONGS;
  }

  /** Lookups that the cache answered. */
  public long hits() {
    return (long) HITS.getOpaque(this);
  }

  /** Lookups that the classifier answered. */
  public long misses() {
    return (long) MISSES.getOpaque(this);
  }
}
