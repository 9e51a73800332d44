// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.parts;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A block of counters: written by one thread at a time, read by any. */
public final class Counters {
  private static final VarHandle VALUE =
      MethodHandles.arrayElementVarHandle(long[].class).withInvokeExactBehavior();

  /** Keeps neighbours on the heap out of the counters' cache lines. */
  private static final int PADDING = 16;

  private final long[] values;

  /** All zero; {@code count} of them. */
  public Counters(int count) {
    values = new long[PADDING + count + PADDING];
  }

  /** Writing thread only. */
  public void add(int id, long delta) {
    int index = PADDING + id;
    VALUE.setOpaque(values, index, values[index] + delta);
  }

  /** Any thread. */
  public long get(int id) {
    return (long) VALUE.getOpaque(values, PADDING + id);
  }
}
