// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which queue a frame goes to, and whether that queue lets it in. The exact-match table comes
 * first; among entries that match, the one with most fields wins, then the one added first. Other
 * frames are spread by RSS over the queues that no entry names: a steered queue gets nothing but
 * what is steered to it, which is what makes an entry a proof for strict isolation. Last, a queue
 * with filters drops what none of them matches.
 *
 * <p>Immutable: a change makes a new one, which the engine takes up between two steps.
 */
final class Steering {
  /** Entries of the exact-match table: a size that data-centre NICs have at least. */
  static final int ENTRIES_MAX = 1024;

  /** Filters of one queue: they are compared one after the other. */
  static final int FILTERS_MAX = 64;

  /** Entries of the RSS indirection table. */
  static final int INDIRECTION_ENTRIES = 128;

  private static final Toeplitz TOEPLITZ = new Toeplitz();

  private final int queues;
  private final byte[] indirection = new byte[INDIRECTION_ENTRIES];
  private final Map<SteeringMatch, Integer> entries;
  private final Map<Integer, Set<SteeringMatch>> filters;
  private final FieldSet[] fieldSets;
  private final int[] sharedQueues;

  /** By queue; empty for a queue that lets everything in. */
  private final SteeringMatch[][] filtersOfQueue;

  private Steering(
      int queues, Map<SteeringMatch, Integer> entries, Map<Integer, Set<SteeringMatch>> filters) {
    this.queues = queues;
    this.entries = entries;
    this.filters = filters;
    sharedQueues = shared(queues, entries);
    for (int i = 0; i < INDIRECTION_ENTRIES; i++) {
      // Only the places of queues that are steered change hands.
      int queue = i % queues;
      boolean isShared = Arrays.binarySearch(sharedQueues, queue) >= 0;
      indirection[i] = (byte) (isShared ? queue : sharedQueues[i % sharedQueues.length]);
    }
    fieldSets = fieldSets(entries);
    filtersOfQueue = new SteeringMatch[queues][0];
    filters.forEach((queue, set) -> filtersOfQueue[queue] = set.toArray(new SteeringMatch[0]));
  }

  private static int[] shared(int queues, Map<SteeringMatch, Integer> entries) {
    Set<Integer> steered = new HashSet<>(entries.values());
    if (steered.size() == queues) {
      throw new IllegalStateException(
          "each of the %d queues would be steered, none left for other frames".formatted(queues));
    }
    int[] shared = new int[queues - steered.size()];
    int count = 0;
    for (int queue = 0; queue < queues; queue++) {
      if (!steered.contains(queue)) {
        shared[count++] = queue;
      }
    }
    return shared;
  }

  private static FieldSet[] fieldSets(Map<SteeringMatch, Integer> entries) {
    List<SteeringMatch> order = new ArrayList<>(entries.keySet());
    Map<Integer, List<Integer>> byFields = new LinkedHashMap<>();
    for (int rank = 0; rank < order.size(); rank++) {
      byFields.computeIfAbsent(order.get(rank).fields(), fields -> new ArrayList<>()).add(rank);
    }
    List<FieldSet> sets = new ArrayList<>();
    byFields.forEach((fields, ranks) -> sets.add(new FieldSet(fields, ranks, order, entries)));
    sets.sort((a, b) -> b.count - a.count);
    return sets.toArray(new FieldSet[0]);
  }

  /**
   * RSS only.
   *
   * @param queues 1..{@link #INDIRECTION_ENTRIES}
   */
  static Steering rss(int queues) {
    return new Steering(queues, Map.of(), Map.of());
  }

  /**
   * With an entry more, or moved to another queue.
   *
   * @throws IllegalStateException when the table is full, or no queue would be left for RSS
   */
  Steering with(SteeringMatch match, int queue) {
    Map<SteeringMatch, Integer> changed = new LinkedHashMap<>(entries);
    changed.put(match, queue);
    if (changed.size() > ENTRIES_MAX) {
      throw new IllegalStateException("all " + ENTRIES_MAX + " entries are in use");
    }
    return new Steering(queues, changed, filters);
  }

  /** Without an entry; the same object when there is none like it for this queue. */
  Steering without(SteeringMatch match, int queue) {
    Map<SteeringMatch, Integer> changed = new LinkedHashMap<>(entries);
    return changed.remove(match, queue) ? new Steering(queues, changed, filters) : this;
  }

  /**
   * With a filter more for a queue.
   *
   * @throws IllegalStateException when the queue has {@link #FILTERS_MAX}
   */
  Steering withFilter(SteeringMatch match, int queue) {
    Set<SteeringMatch> set = new LinkedHashSet<>(filtersOf(queue));
    set.add(match);
    if (set.size() > FILTERS_MAX) {
      throw new IllegalStateException(
          "all %d filters of queue %d are in use".formatted(FILTERS_MAX, queue));
    }
    return withFilters(queue, set);
  }

  /** Without a filter; the same object when the queue has none like it. */
  Steering withoutFilter(SteeringMatch match, int queue) {
    Set<SteeringMatch> set = new LinkedHashSet<>(filtersOf(queue));
    return set.remove(match) ? withFilters(queue, set) : this;
  }

  private Steering withFilters(int queue, Set<SteeringMatch> set) {
    Map<Integer, Set<SteeringMatch>> changed = new LinkedHashMap<>(filters);
    changed.put(queue, set);
    return new Steering(queues, entries, changed);
  }

  /** Reads the table back: match to queue, in the order of installation. */
  Map<SteeringMatch, Integer> entries() {
    return entries;
  }

  /** Reads a queue's filters back, in the order of installation. */
  Set<SteeringMatch> filtersOf(int queue) {
    return filters.getOrDefault(queue, Set.of());
  }

  /** Queues that RSS chooses from; 1 or more. */
  int[] sharedQueues() {
    return sharedQueues;
  }

  /** The queue for a parsed frame, or {@code ~queue} when that queue's filters drop it. */
  int queueOf(FrameKey key, byte[] frame) {
    int queue = steeredQueueOf(key);
    if (queue < 0) {
      queue =
          sharedQueues.length == 1
              ? sharedQueues[0]
              : indirection[rssHash(key, frame) & (INDIRECTION_ENTRIES - 1)];
    }
    return admit(queue, key);
  }

  /** {@code queue}, or {@code ~queue} when its filters drop the frame. */
  int admit(int queue, FrameKey key) {
    SteeringMatch[] own = filtersOfQueue[queue];
    for (SteeringMatch filter : own) {
      if (filter.matches(key)) {
        return queue;
      }
    }
    return own.length == 0 ? queue : ~queue;
  }

  /** The queue that the exact-match table says, or -1. */
  int steeredQueueOf(FrameKey key) {
    int queue = -1;
    int fields = 0;
    int rank = Integer.MAX_VALUE;
    for (FieldSet set : fieldSets) {
      if (queue >= 0 && set.count < fields) {
        break;
      }
      int i = set.find(key);
      if (i >= 0 && set.rank[i] < rank) {
        queue = set.queue[i];
        fields = set.count;
        rank = set.rank[i];
      }
    }
    return queue;
  }

  /** The RSS hash: addresses and ports where there are any, 0 for anything but IP. */
  static int rssHash(FrameKey key, byte[] frame) {
    if (key.addressesLength == 0) {
      return 0;
    }
    int hash = TOEPLITZ.hash(frame, key.addressesOffset, key.addressesLength, 0);
    return key.portsOffset == 0
        ? hash
        : hash ^ TOEPLITZ.hash(frame, key.portsOffset, 4, key.addressesLength);
  }

  /** All entries that compare the same fields: one hash table. */
  private static final class FieldSet {
    private final int fields;

    /** How many fields that are: more specific ones win. */
    private final int count;

    private final SteeringMatch[] match;
    private final int[] queue;
    private final int[] rank;
    private final int[] slots;

    FieldSet(
        int fields,
        List<Integer> ranks,
        List<SteeringMatch> order,
        Map<SteeringMatch, Integer> entries) {
      this.fields = fields;
      count = Integer.bitCount(fields);
      rank = new int[ranks.size()];
      Arrays.setAll(rank, ranks::get);
      match = new SteeringMatch[rank.length];
      Arrays.setAll(match, i -> order.get(rank[i]));
      queue = new int[rank.length];
      Arrays.setAll(queue, i -> entries.getOrDefault(match[i], 0));
      slots = new int[Integer.highestOneBit(match.length) * 4];
      Arrays.fill(slots, -1);
      for (int i = 0; i < match.length; i++) {
        int slot = match[i].hash() & (slots.length - 1);
        while (slots[slot] >= 0) {
          slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = i;
      }
    }

    /** The entry's index, or -1. At least half of the slots are empty, so the search ends. */
    int find(FrameKey key) {
      if ((key.present & fields) != fields) {
        return -1;
      }
      int slot = SteeringMatch.hash(key.value, fields) & (slots.length - 1);
      while (slots[slot] >= 0) {
        int i = slots[slot];
        if (match[i].matches(key)) {
          return i;
        }
        slot = (slot + 1) & (slots.length - 1);
      }
      return -1;
    }
  }
}
