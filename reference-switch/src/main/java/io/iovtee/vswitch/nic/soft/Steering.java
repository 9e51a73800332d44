// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which queue a frame goes to: the exact-match table first, then RSS over the indirection table.
 * Among entries that match, the one with most fields wins, then the one added first. Immutable: a
 * change makes a new one, which the engine takes up between two frames.
 */
final class Steering {
  /** Entries of the exact-match table: a size that data-centre NICs have at least. */
  static final int ENTRIES_MAX = 1024;

  /** Entries of the RSS indirection table. */
  static final int INDIRECTION_ENTRIES = 128;

  private static final Toeplitz TOEPLITZ = new Toeplitz();

  private final int queues;
  private final byte[] indirection = new byte[INDIRECTION_ENTRIES];
  private final Map<SteeringMatch, Integer> entries;
  private final FieldSet[] fieldSets;

  private Steering(int queues, Map<SteeringMatch, Integer> entries) {
    this.queues = queues;
    this.entries = entries;
    for (int i = 0; i < INDIRECTION_ENTRIES; i++) {
      indirection[i] = (byte) (i % queues);
    }
    List<SteeringMatch> order = new ArrayList<>(entries.keySet());
    Map<Integer, List<Integer>> byFields = new LinkedHashMap<>();
    for (int rank = 0; rank < order.size(); rank++) {
      byFields.computeIfAbsent(order.get(rank).fields(), fields -> new ArrayList<>()).add(rank);
    }
    List<FieldSet> sets = new ArrayList<>();
    byFields.forEach((fields, ranks) -> sets.add(new FieldSet(fields, ranks, order, entries)));
    sets.sort((a, b) -> b.count - a.count);
    fieldSets = sets.toArray(new FieldSet[0]);
  }

  /**
   * RSS only.
   *
   * @param queues 1..{@link #INDIRECTION_ENTRIES}
   */
  static Steering rss(int queues) {
    return new Steering(queues, Map.of());
  }

  /** With an entry more, or moved to another queue; null when the table is full. */
  @Nullable Steering with(SteeringMatch match, int queue) {
    Map<SteeringMatch, Integer> changed = new LinkedHashMap<>(entries);
    changed.put(match, queue);
    return changed.size() > ENTRIES_MAX ? null : new Steering(queues, changed);
  }

  /** Without an entry; null when there is none for this queue. */
  @Nullable Steering without(SteeringMatch match, int queue) {
    Map<SteeringMatch, Integer> changed = new LinkedHashMap<>(entries);
    return changed.remove(match, queue) ? new Steering(queues, changed) : null;
  }

  /** Reads the table back: match to queue, in the order of installation. */
  Map<SteeringMatch, Integer> entries() {
    return entries;
  }

  /** The queue for a parsed frame. */
  int queueOf(FrameKey key, byte[] frame) {
    int steered = steeredQueueOf(key);
    if (steered >= 0) {
      return steered;
    }
    return queues == 1 ? 0 : indirection[rssHash(key, frame) & (INDIRECTION_ENTRIES - 1)];
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
