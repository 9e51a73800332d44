// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.CopyReason;
import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counters of one input. Written by its poll loop with plain adds, read by any thread opaquely: a
 * reader may see a batch half counted, never a torn number.
 */
public final class InputCounters {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  private static final Outcome[] OUTCOMES = Outcome.values();
  private static final CopyReason[] COPY_REASONS = CopyReason.values();
  private static final DropReason[] DROP_REASONS = DropReason.values();

  private static final int FRAMES = 0;
  private static final int BYTES = 1;
  private static final int COPIED_BYTES = 2;
  private static final int OUTCOME = 3;
  private static final int COPY_REASON = OUTCOME + OUTCOMES.length;
  private static final int DROP_REASON = COPY_REASON + COPY_REASONS.length;
  private static final int MATCHED = DROP_REASON + DROP_REASONS.length;

  /** The bits of outcomes that have a reason, in a sum of eight bits per outcome. */
  private static final long WITH_REASON =
      0xffL << (Outcome.DROPPED.ordinal() << 3)
          | 0xffL << (Outcome.COPIED_INELIGIBLE.ordinal() << 3);

  private final long[] slots = new long[MATCHED + OwnerIds.PORTS_MAX + 1];

  /** Notes that {@code frames} were decided for a port. */
  void matched(int port, int frames) {
    slots[MATCHED + port] += frames;
  }

  /**
   * Counts a finished batch: one outcome per frame. A frame that only another loop can decide is
   * counted when it has, see {@link #countDecided}. Poll thread.
   */
  void count(FrameBatch batch) {
    int n = batch.count;
    int bytes = batch.bytes();
    long packed = countOutcomes(batch); // eight bits per outcome; a batch has fewer than 256 frames
    if (batch.isAnyHandedOver()) {
      for (int i = 0; i < batch.count; i++) {
        if (batch.isUndecided(i)) {
          n--;
          bytes -= batch.length[i];
          packed--; // what is undecided looks like DROPPED, whose bits are the lowest
        }
      }
    }
    for (int o = 0; o < OUTCOMES.length; o++) {
      slots[OUTCOME + o] += (packed >>> (o << 3)) & 0xff;
    }
    slots[FRAMES] += n;
    slots[BYTES] += bytes;
    slots[COPIED_BYTES] += batch.copiedBytes;
    if ((packed & WITH_REASON) != 0) {
      countReasons(batch);
    }
  }

  private static long countOutcomes(FrameBatch batch) {
    int n = batch.count;
    byte[] outcome = batch.outcome;
    if (Arrays.equals(outcome, 0, n - 1, outcome, 1, n)) { // the row and itself moved by one
      return (long) n << (outcome[0] << 3);
    }
    long packed = 0;
    for (int i = 0; i < n; i++) {
      packed += 1L << (outcome[i] << 3);
    }
    return packed;
  }

  private void countReasons(FrameBatch batch) {
    int dropped = Outcome.DROPPED.ordinal();
    int ineligible = Outcome.COPIED_INELIGIBLE.ordinal();
    for (int i = 0; i < batch.count; i++) {
      if (batch.outcome[i] == dropped && batch.dropReason[i] >= 0) {
        slots[DROP_REASON + batch.dropReason[i]]++;
      } else if (batch.outcome[i] == ineligible) {
        slots[COPY_REASON + batch.copyReason[i]]++;
      }
    }
  }

  /**
   * Counts a frame that was handed to another loop, now that its fate is known. Poll thread of the
   * loop that received the frame.
   *
   * @param outcome ordinal of what became of it
   * @param copyReason ordinal, for an outcome of copied_ineligible
   * @param dropReason ordinal, for an outcome of dropped
   */
  void countDecided(int length, int outcome, int copyReason, int dropReason) {
    slots[FRAMES]++;
    slots[BYTES] += length;
    slots[OUTCOME + outcome]++;
    if (outcome == Outcome.DROPPED.ordinal()) {
      slots[DROP_REASON + dropReason]++;
      return;
    }
    slots[COPIED_BYTES] += length; // out of the ring; into it was counted with its batch
    if (outcome == Outcome.COPIED_INELIGIBLE.ordinal()) {
      slots[COPY_REASON + copyReason]++;
    }
  }

  /** Bytes copied outside of a batch's own count: a guest's frame taken into a host chunk. */
  void copied(long bytes) {
    slots[COPIED_BYTES] += bytes;
  }

  /** A frame too long for any chunk, dropped before it became part of a batch. */
  void tooLong(int length) {
    slots[FRAMES]++;
    slots[BYTES] += length;
    slots[OUTCOME + Outcome.DROPPED.ordinal()]++;
    slots[DROP_REASON + DropReason.TOO_LONG.ordinal()]++;
  }

  private long read(int slot) {
    return (long) SLOT.getOpaque(slots, slot);
  }

  public long frames() {
    return read(FRAMES);
  }

  public long bytes() {
    return read(BYTES);
  }

  public long copiedBytes() {
    return read(COPIED_BYTES);
  }

  public long outcome(Outcome outcome) {
    return read(OUTCOME + outcome.ordinal());
  }

  /** Frames decided for a port number. */
  public long matchedTo(int port) {
    return read(MATCHED + port);
  }

  /** All outcomes by label. */
  public Map<String, Long> outcomes() {
    Map<String, Long> map = new LinkedHashMap<>();
    for (Outcome outcome : OUTCOMES) {
      map.put(outcome.label(), outcome(outcome));
    }
    return map;
  }

  /** Reasons of copied_ineligible by label, those above 0. */
  public Map<String, Long> copyReasons() {
    Map<String, Long> map = new LinkedHashMap<>();
    for (CopyReason reason : COPY_REASONS) {
      putPositive(map, reason.label(), read(COPY_REASON + reason.ordinal()));
    }
    return map;
  }

  /** Reasons of dropped by label, those above 0. */
  public Map<String, Long> dropReasons() {
    Map<String, Long> map = new LinkedHashMap<>();
    for (DropReason reason : DROP_REASONS) {
      putPositive(map, reason.label(), read(DROP_REASON + reason.ordinal()));
    }
    return map;
  }

  private static void putPositive(Map<String, Long> map, String label, long value) {
    if (value > 0) {
      map.put(label, value);
    }
  }
}
