// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.classifier;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Remembers which rule a {@link Classifier} found for a key. Keys are cut to the bits that any rule
 * looks at, so fields that no rule names never cost a miss. That no rule matched is remembered too.
 *
 * <p>A change of few rules does not empty it: an entry found by an older classifier is looked at
 * when its key comes again, and stays if none of the rules that changed since has to do with it.
 *
 * <p>A key can lie in either of two entries. An entry is one cache line (five masked key words and
 * what was found); the eight words that only IPv6 and ARP have lie in an array of their own, which
 * other frames do not touch. The multipliers of the hash are random, so that nobody outside can
 * choose frames that fall on each other.
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

  /** Not a result: this minus i marks the frames of the i-th key that waits. */
  private static final int WAITING = Classifier.MISS - 1;

  /**
   * Of a batch's keys, from so many on that the classifier was asked for, those of the next batch
   * wait for each other: with fewer that costs more than the waits for memory that it saves.
   */
  private static final int TOGETHER_MIN = 24;

  /** Leaves the upper bits of a hash as an index into a word's bits. */
  private static final int SEEN_SHIFT = 58;

  private static final long FIRST_MULTIPLIER = 0x9e37_79b9_7f4a_7c15L;

  /** Those of MurmurHash3's 64-bit finalizer. */
  private static final long SECOND_MULTIPLIER = 0xff51_afd7_ed55_8ccdL;

  private static final long THIRD_MULTIPLIER = 0xc4ce_b9fe_1a85_ec53L;
  private static final long RANDOM_MULTIPLIER = 0x5851_f42d_4c95_7f2dL;

  /** From the start of a key of a batch back to the wide words of the one before. */
  private static final int TO_PREVIOUS = FlowKey.WORDS - FlowKey.NARROW_WORDS;

  private static final int WIDE_WORDS = FlowKey.USED_WORDS - FlowKey.NARROW_WORDS;

  private static final VarHandle HITS;
  private static final VarHandle MISSES;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HITS =
          lookup.findVarHandle(ExactMatchCache.class, "hits", long.class).withInvokeExactBehavior();
      MISSES =
          lookup
              .findVarHandle(ExactMatchCache.class, "misses", long.class)
              .withInvokeExactBehavior();
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

  /** Changes with each classifier. Never 0. */
  private long generation = 1;

  /** Entries of an older generation than this are empty; those since can be looked at. */
  private long oldest = 1;

  /** The last changes of rules, and the generations that they came with; a ring. */
  private final @Nullable RuleChange[] recent = new RuleChange[ClassifierEditor.CHANGES_MAX];

  private final long[] recentGenerations = new long[ClassifierEditor.CHANGES_MAX];

  /** Changes so far; the ring has the last of them. */
  private long changeCount;

  /** Keys of a batch that are not where they are looked for first: of which frame each is. */
  private final int[] waitingFrames = new int[LookupBatch.CAPACITY];

  /** Where they begin. */
  private final int[] waiting = new int[LookupBatch.CAPACITY];

  /** Their results. */
  private final int[] late = new int[LookupBatch.CAPACITY];

  /** Whether keys wait at all; else the classifier is asked for each at once. */
  private boolean together;

  private final long[] waitingHashes = new long[LookupBatch.CAPACITY];
  private int waitingCount;

  /** Those of them that the classifier is asked for; at which place each waits. */
  private final LookupBatch asked = new LookupBatch();

  private final int[] askedFor = new int[LookupBatch.CAPACITY];

  /** State of a linear congruential generator; its top bit chooses whom to replace. */
  private long random;

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
    this(entryCount, new SecureRandom());
  }

  /** For tests that must always see the same hash. */
  ExactMatchCache(int entryCount, RandomGenerator random) {
    if (entryCount < 2 || entryCount > ENTRIES_MAX || Integer.bitCount(entryCount) != 1) {
      throw new IllegalArgumentException(
          "entries must be a power of two, 2 to " + ENTRIES_MAX + ": entries=" + entryCount);
    }
    shift = Long.SIZE - Integer.numberOfTrailingZeros(entryCount);
    entries = new long[LEADING_LONGS + entryCount * ENTRY_LONGS];
    wideEntries = new long[entries.length];
    for (int i = 0; i < multipliers.length; i++) {
      multipliers[i] = random.nextLong() | 1;
    }
  }

  /**
   * Takes another classifier, and forgets what the one before had found unless few rules changed
   * between the two.
   */
  public void reset(Classifier next) {
    RuleChange[] changes = next.changesSince(classifier);
    classifier = next;
    generation++;
    if (generation > GENERATION_MAX) {
      generation = 1;
      Arrays.fill(entries, 0);
      changes = null;
    }
    if (changes == null) {
      oldest = generation;
      changeCount = 0;
      Arrays.fill(recentGenerations, 0);
      Arrays.fill(recent, null);
      takeMasks(next.unionMask());
      return;
    }
    for (RuleChange change : changes) {
      int place = placeOf(changeCount++);
      // What was found before the change that is overwritten can not be checked any more.
      oldest = Math.max(oldest, recentGenerations[place]);
      recent[place] = change;
      recentGenerations[place] = generation;
    }
  }

  /** For the test of the end of all generations. */
  void startAt(long first) {
    generation = first;
    oldest = first;
  }

  long generation() {
    return generation;
  }

  private void takeMasks(long[] union) {
    wide = false;
    for (int word = 0; word < masks.length; word++) {
      masks[word] = union[word];
      wide |= word >= FlowKey.NARROW_WORDS && union[word] != 0;
    }
  }

  /**
   * Finds the rule for the key at {@code offset}.
   *
   * @return what {@link Classifier#lookup} returns
   */
  public int lookup(long[] keys, int offset) {
    long missesBefore = misses;
    long hash = hash(keys, offset);
    int base = entryOf(hash);
    boolean current = generationAt(base) == generation && holds(base, keys, offset);
    int result = current ? (int) entries[base + RESULT] : retry(hash, keys, offset);
    HITS.setOpaque(this, hits + 1 - (misses - missesBefore));
    return result;
  }

  /** Whether the key at {@code offset} would be answered from here; changes nothing. */
  public boolean contains(long[] keys, int offset) {
    long hash = hash(keys, offset);
    return answers(entryOf(hash), keys, offset) || answers(otherEntryOf(hash), keys, offset);
  }

  /**
   * Finds the rules for {@code count} keys, key i at {@code i * FlowKey.WORDS}.
   *
   * @param results gets what {@link Classifier#lookup} returns, by key
   */
  public void lookup(long[] keys, int count, int[] results) {
    long missesAtStart = misses;
    for (int from = 0; from < count; from += LookupBatch.CAPACITY) {
      int to = Math.min(count, from + LookupBatch.CAPACITY);
      long missesBefore = misses;
      lookupFirst(keys, from, to, results);
      if (waitingCount > 0) {
        resolve(keys);
        tell(to, results);
      }
      together = misses - missesBefore >= TOGETHER_MIN;
    }
    HITS.setOpaque(this, hits + count - (misses - missesAtStart));
  }

  /** Looks where each key is looked for first; the others wait, or are looked for further. */
  private void lookupFirst(long[] keys, int from, int to, int[] results) {
    waitingCount = 0;
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
    int found = NOTHING_FOUND;
    for (int i = from, offset = from * FlowKey.WORDS; i < to; i++, offset += FlowKey.WORDS) {
      boolean wideKey = wide && FlowKey.isWide(keys[offset]);
      long k0 = keys[offset] & m0;
      long k1 = keys[offset + 1] & m1;
      long k2 = keys[offset + 2] & m2;
      long k3 = keys[offset + 3] & m3;
      long k4 = keys[offset + 4] & m4;
      // Frames come in trains: often this key is the one before it.
      if (((k0 ^ p0) | (k1 ^ p1) | (k2 ^ p2) | (k3 ^ p3) | (k4 ^ p4)) != 0
          || found == NOTHING_FOUND
          || (wideKey && wideDifference(keys, offset, keys, offset - TO_PREVIOUS) != 0)) {
        long hash = k0 * c0 + k1 * c1 + k2 * c2 + k3 * c3 + k4 * c4;
        hash = wideKey ? hash + wideHash(keys, offset) : hash;
        int base = entryOf(hash);
        long result = entries[base + RESULT];
        long difference =
            (entries[base] ^ k0)
                | (entries[base + 1] ^ k1)
                | (entries[base + 2] ^ k2)
                | (entries[base + 3] ^ k3)
                | (entries[base + 4] ^ k4)
                | (result >>> 32 ^ generation);
        if (wideKey) {
          difference |= wideDifference(keys, offset, wideEntries, base);
        }
        found = difference == 0 ? (int) result : await(i, keys, offset, hash);
        p0 = k0;
        p1 = k1;
        p2 = k2;
        p3 = k3;
        p4 = k4;
      }
      results[i] = found;
    }
  }

  private int await(int frame, long[] keys, int offset, long hash) {
    if (!together) {
      return retry(hash, keys, offset);
    }
    waitingFrames[waitingCount] = frame;
    waiting[waitingCount] = offset;
    waitingHashes[waitingCount] = hash;
    return WAITING - waitingCount++;
  }

  /**
   * Finds the rules of all keys that wait. A step is done for all before the next one: each waits
   * for memory, which can be for all of them at the same time.
   */
  private void resolve(long[] keys) {
    asked.clear();
    for (int i = 0; i < waitingCount; i++) {
      late[i] = known(waitingHashes[i], keys, waiting[i]);
      if (late[i] == NOTHING_FOUND) {
        askedFor[asked.count()] = i;
        asked.add(waiting[i]);
      }
    }
    classifier.lookup(keys, asked);
    long seen = 0;
    for (int k = 0; k < asked.count(); k++) {
      int i = askedFor[k];
      late[i] = asked.found(k);
      long hash = waitingHashes[i];
      boolean maybeTwice = (seen >>> (hash >>> SEEN_SHIFT) & 1) != 0;
      if (!maybeTwice || known(hash, keys, waiting[i]) == NOTHING_FOUND) {
        MISSES.setOpaque(this, misses + 1);
        fill(hash, keys, waiting[i], late[i]);
      }
      seen |= 1L << (hash >>> SEEN_SHIFT);
    }
  }

  /** Writes the results of those that waited, and of the trains that they lead. */
  private void tell(int to, int[] results) {
    for (int i = 0; i < waitingCount; i++) {
      int frame = waitingFrames[i];
      while (frame < to && results[frame] == WAITING - i) {
        results[frame++] = late[i];
      }
    }
  }

  /** As {@link #known}, but asks the classifier then. */
  private int retry(long hash, long[] keys, int offset) {
    int result = known(hash, keys, offset);
    if (result == NOTHING_FOUND) {
      MISSES.setOpaque(this, misses + 1);
      result = classifier.lookup(keys, offset);
      fill(hash, keys, offset, result);
    }
    return result;
  }

  /**
   * What is known of a key that is not where it is looked for first, or was found by an older
   * classifier: looks closer and at its other place.
   *
   * @return the result or {@link #NOTHING_FOUND}
   */
  private int known(long hash, long[] keys, int offset) {
    int first = entryOf(hash);
    if (holds(first, keys, offset) && renew(first, keys, offset)) {
      return (int) entries[first + RESULT];
    }
    int other = otherEntryOf(hash);
    if (holds(other, keys, offset) && renew(other, keys, offset)) {
      return (int) entries[other + RESULT];
    }
    return NOTHING_FOUND;
  }

  /** Takes the entry of this key over into this generation; empties it if it may be wrong now. */
  private boolean renew(int base, long[] keys, int offset) {
    long result = entries[base + RESULT];
    boolean valid = isStillRight(result, keys, offset);
    entries[base + RESULT] = valid ? generation << 32 | (result & 0xffff_ffffL) : 0;
    return valid;
  }

  private boolean isStillRight(long result, long[] keys, int offset) {
    long since = result >>> 32;
    long last = changeCount - 1;
    for (long i = last; i > last - recent.length; i--) {
      int place = placeOf(i);
      RuleChange change = recent[place];
      if (change == null || recentGenerations[place] <= since) {
        return true;
      }
      if (change.affects((int) result, keys, offset)) {
        return false;
      }
    }
    return true;
  }

  private static int placeOf(long change) {
    return (int) change & (ClassifierEditor.CHANGES_MAX - 1);
  }

  private boolean answers(int base, long[] keys, int offset) {
    return holds(base, keys, offset) && isStillRight(entries[base + RESULT], keys, offset);
  }

  /**
   * A free one of two entries, or one of them at random: who loses its place takes its other one
   * when it comes again. So as many keys as half the entries find places where all can stay.
   */
  private int placeFor(int first, int other) {
    if (generationAt(first) < oldest) {
      return first;
    }
    random = random * RANDOM_MULTIPLIER + 1;
    return generationAt(other) >= oldest && random < 0 ? first : other;
  }

  private long generationAt(int base) {
    return entries[base + RESULT] >>> 32;
  }

  private void fill(long hash, long[] keys, int offset, int result) {
    int base = placeFor(entryOf(hash), otherEntryOf(hash));
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

  /** Whether the entry is one of this key, of whatever generation that can be looked at. */
  private boolean holds(int base, long[] keys, int offset) {
    if (generationAt(base) < oldest) {
      return false;
    }
    long difference = 0;
    for (int word = 0; word < FlowKey.NARROW_WORDS; word++) {
      difference |= entries[base + word] ^ (keys[offset + word] & masks[word]);
    }
    // A rule that looks at the wide words also looks at dl_type: equal here means equally wide.
    if (wide && FlowKey.isWide(keys[offset])) {
      difference |= wideDifference(keys, offset, wideEntries, base);
    }
    return difference == 0;
  }

  private long hash(long[] keys, int offset) {
    long sum = 0;
    for (int word = 0; word < FlowKey.NARROW_WORDS; word++) {
      sum += (keys[offset + word] & masks[word]) * multipliers[word];
    }
    return wide && FlowKey.isWide(keys[offset]) ? sum + wideHash(keys, offset) : sum;
  }

  private long wideHash(long[] keys, int offset) {
    long[] masks = this.masks;
    long[] multipliers = this.multipliers;
    return (keys[offset + 5] & masks[5]) * multipliers[5]
        + (keys[offset + 6] & masks[6]) * multipliers[6]
        + (keys[offset + 7] & masks[7]) * multipliers[7]
        + (keys[offset + 8] & masks[8]) * multipliers[8]
        + (keys[offset + 9] & masks[9]) * multipliers[9]
        + (keys[offset + 10] & masks[10]) * multipliers[10]
        + (keys[offset + 11] & masks[11]) * multipliers[11]
        + (keys[offset + 12] & masks[12]) * multipliers[12];
  }

  /**
   * 0 if the wide words agree with the eight from {@code others[start]}, where rules look at them.
   */
  private long wideDifference(long[] keys, int offset, long[] others, int start) {
    long[] masks = this.masks;
    return ((keys[offset + 5] ^ others[start]) & masks[5])
        | ((keys[offset + 6] ^ others[start + 1]) & masks[6])
        | ((keys[offset + 7] ^ others[start + 2]) & masks[7])
        | ((keys[offset + 8] ^ others[start + 3]) & masks[8])
        | ((keys[offset + 9] ^ others[start + 4]) & masks[9])
        | ((keys[offset + 10] ^ others[start + 5]) & masks[10])
        | ((keys[offset + 11] ^ others[start + 6]) & masks[11])
        | ((keys[offset + 12] ^ others[start + 7]) & masks[12]);
  }

  /**
   * The upper bits of the sum depend on all bits of the key; but the sums of keys in a row are in a
   * row, too, and with some multipliers share a few entries. Mixed, they spread.
   */
  private int entryOf(long hash) {
    return entryAt((hash ^ hash >>> 29) * FIRST_MULTIPLIER);
  }

  /** Mixed well: keys that share their first entry must not share this one. */
  private int otherEntryOf(long hash) {
    long once = (hash ^ hash >>> 33) * SECOND_MULTIPLIER;
    return entryAt((once ^ once >>> 33) * THIRD_MULTIPLIER);
  }

  private int entryAt(long mixed) {
    return LEADING_LONGS + (int) (mixed >>> shift) * ENTRY_LONGS;
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
