// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import io.iovtee.api.CopyReason;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a {@link GuestBufferSource} did. Written by one poll thread, read opaquely by any other:
 * each value is one that was true, values of different counters may be a step apart.
 */
final class SourceCounters {
  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int LENT = 0;
  private static final int RELENT = 1;
  private static final int GIVEN_BACK = 2;
  private static final int FOREIGN = 3;
  private static final int SCRUBBED_BYTES = 4;
  private static final int HALTED = 5;
  private static final int INELIGIBLE = 6;

  private final long[] counts = new long[INELIGIBLE + CopyReason.values().length];

  void addLent(int buffers) {
    add(LENT, buffers);
  }

  void addRelent(int buffers) {
    add(RELENT, buffers);
  }

  void addGivenBack() {
    add(GIVEN_BACK, 1);
  }

  void addForeign() {
    add(FOREIGN, 1);
  }

  void addScrubbed(int bytes) {
    add(SCRUBBED_BYTES, bytes);
  }

  void addIneligible(int reason) {
    add(INELIGIBLE + reason, 1);
  }

  void setHalted(boolean halted) {
    COUNT.setOpaque(counts, HALTED, halted ? 1L : 0L);
  }

  /** Buffers handed to the queue, those lent again included. */
  long lent() {
    return get(LENT);
  }

  /** Buffers lent again after a misdirected frame, without a detour through the ring. */
  long relent() {
    return get(RELENT);
  }

  /** Buffers that the queue gave back. */
  long givenBack() {
    return get(GIVEN_BACK);
  }

  /** Buffers given back with bytes in them that were not for their owner. */
  long foreign() {
    return get(FOREIGN);
  }

  /** Bytes of foreign frames that were zeroed. */
  long scrubbedBytes() {
    return get(SCRUBBED_BYTES);
  }

  /** Whether a foreign frame stopped the lending. */
  boolean halted() {
    return get(HALTED) != 0;
  }

  /** Posted buffers that could not be lent for this reason. */
  long ineligible(CopyReason reason) {
    return get(INELIGIBLE + reason.ordinal());
  }

  /** Posted buffers that could not be lent. */
  long ineligible() {
    long sum = 0;
    for (int i = INELIGIBLE; i < counts.length; i++) {
      sum += get(i);
    }
    return sum;
  }

  /** All of them for people; reasons that never came up are left out. */
  Map<String, Long> byName() {
    Map<String, Long> named = new TreeMap<>();
    named.put("lent", lent());
    named.put("relent", relent());
    named.put("given_back", givenBack());
    named.put("foreign_frames", foreign());
    named.put("scrubbed_bytes", scrubbedBytes());
    for (CopyReason reason : CopyReason.values()) {
      long count = ineligible(reason);
      if (count > 0) {
        named.put("ineligible_" + reason.label(), count);
      }
    }
    return named;
  }

  private void add(int counter, long amount) {
    COUNT.setOpaque(counts, counter, counts[counter] + amount);
  }

  private long get(int counter) {
    return (long) COUNT.getOpaque(counts, counter);
  }
}
