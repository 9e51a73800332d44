// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What the NF counts; written by its thread with plain adds, read by any thread opaquely. */
final class NfCounters {
  static final int RECEIVED = 0;
  static final int RECEIVED_BYTES = 1;
  static final int RETURNED = 2;
  static final int RETURNED_BYTES = 3;
  static final int IGNORED = 4;
  static final int DROPPED = 5;
  static final int EMPTY_BUFFERS = 6;
  static final int CONNECTIONS = 7;
  static final int CORRUPT = 8;
  static final int FOREIGN = 9;
  static final int GOOD = 10;
  static final int MISSING = 11;
  static final int DUPLICATED = 12;
  static final int REORDERED = 13;
  static final int LATE = 14;
  static final int MISDELIVERED = 15;
  private static final int COUNT = 16;

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] slots = new long[COUNT];

  /** NF thread. */
  void add(int counter, long value) {
    slots[counter] += value;
  }

  /** For what somebody else counts. NF thread. */
  void set(int counter, long value) {
    slots[counter] = value;
  }

  /** Any thread. */
  long get(int counter) {
    return (long) SLOT.getOpaque(slots, counter);
  }

  NfStats snapshot() {
    return new NfStats(
        get(RECEIVED),
        get(RECEIVED_BYTES),
        get(RETURNED),
        get(RETURNED_BYTES),
        get(IGNORED),
        get(DROPPED),
        get(EMPTY_BUFFERS),
        get(CONNECTIONS),
        get(GOOD),
        get(CORRUPT),
        get(FOREIGN),
        get(MISSING),
        get(DUPLICATED),
        get(REORDERED),
        get(LATE),
        get(MISDELIVERED));
  }
}
