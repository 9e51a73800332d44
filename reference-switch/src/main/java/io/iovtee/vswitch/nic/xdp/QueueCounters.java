// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.xdp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Map;

/** Counters of one half of a queue: written by its poll thread, read by any. */
final class QueueCounters {
  static final int RX_PACKETS = 0;
  static final int RX_BYTES = 1;
  static final int RX_OUT_OF_ORDER = 2;
  static final int RX_UNKNOWN_ADDRESS = 3;
  static final int RX_BAD_LENGTH = 4;
  static final int RX_REFUSED_BUFFERS = 5;
  static final int RX_LOST_IN_REBIND = 6;
  static final int RX_WAKEUPS = 7;
  static final int RX_WAKEUP_ERRORS = 8;
  static final int TX_PACKETS = 9;
  static final int TX_BYTES = 10;
  static final int TX_DROPPED = 11;
  static final int TX_COMPLETED = 12;
  static final int TX_COPIED = 13;
  static final int TX_UNKNOWN_COMPLETIONS = 14;
  static final int TX_LOST_IN_REBIND = 15;
  static final int TX_WAKEUPS = 16;
  static final int TX_WAKEUP_ERRORS = 17;
  static final int TX_REDIRECTED = 18;
  static final int COUNT = 19;

  private static final String[] NAMES = {
    "rx_packets",
    "rx_bytes",
    "rx_out_of_order",
    "rx_unknown_address",
    "rx_bad_length",
    "rx_refused_buffers",
    "rx_lost_in_rebind",
    "rx_wakeups",
    "rx_wakeup_errors",
    "tx_packets",
    "tx_bytes",
    "tx_dropped",
    "tx_completed",
    "tx_copied",
    "tx_unknown_completions",
    "tx_lost_in_rebind",
    "tx_wakeups",
    "tx_wakeup_errors",
    "tx_redirected"
  };

  private static final VarHandle VALUE =
      MethodHandles.arrayElementVarHandle(long[].class).withInvokeExactBehavior();

  private final long[] values = new long[COUNT];

  void add(int counter, long difference) {
    // Opaque, not atomic: there is one writer.
    VALUE.setOpaque(values, counter, values[counter] + difference);
  }

  long get(int counter) {
    return (long) VALUE.getOpaque(values, counter);
  }

  /** Adds the counters from {@code first} to before {@code end} to a map, by name. */
  void addTo(Map<String, Long> map, int first, int end) {
    for (int i = first; i < end; i++) {
      map.put(NAMES[i], get(i));
    }
  }
}
