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
    Map<Integer, List<SteeringMatch>> byFields = new LinkedHashMap<>();
    for (SteeringMatch match : entries.keySet()) {
      byFields.computeIfAbsent(match.fields(), fields -> new ArrayList<>()).add(match);
    }
    List<FieldSet> sets = new ArrayList<>();
    byFields.forEach((fields, matches) -> sets.add(new FieldSet(fields, matches, entries)));
    sets.sort((a, b) -> Integer.bitCount(b.fields) - Integer.bitCount(a.fields));
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
    for (FieldSet set : fieldSets) {
      int queue = set.find(key);
      if (queue >= 0) {
        return queue;
      }
    }
    return -1;
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
    private final SteeringMatch[] match;
    private final int[] queue;
    private final int[] slots;

    FieldSet(int fields, List<SteeringMatch> matches, Map<SteeringMatch, Integer> entries) {
      this.fields = fields;
      match = matches.toArray(new SteeringMatch[0]);
      queue = new int[match.length];
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

    /** The entry's queue, or -1. At least half of the slots are empty, so the search ends. */
    int find(FrameKey key) {
      if ((key.present & fields) != fields) {
        return -1;
      }
      int slot = SteeringMatch.hash(key.value, fields) & (slots.length - 1);
      while (slots[slot] >= 0) {
        int i = slots[slot];
        if (match[i].matches(key)) {
          return queue[i];
        }
        slot = (slot + 1) & (slots.length - 1);
      }
      return -1;
    }
  }
}
