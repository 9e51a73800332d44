// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which ports can send: what the buckets of groups watch. One thread writes, the control thread;
 * loops read, and see a change with their next frame.
 */
public final class PortLiveness {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  /** One bit per port number. */
  private final long[] words = new long[(OwnerIds.PORTS_MAX >>> 6) + 1];

  /** No port is live. */
  public PortLiveness() {}

  /** All ports are live, and stay so: for tables that belong to no switch. */
  public static PortLiveness all() {
    PortLiveness all = new PortLiveness();
    for (int port = 0; port <= OwnerIds.PORTS_MAX; port++) {
      all.set(port, true);
    }
    return all;
  }

  /** Control thread. */
  public void set(int port, boolean live) {
    int word = port >>> 6;
    long bit = 1L << port; // the shift distance is taken modulo 64
    long before = (long) WORD.getOpaque(words, word);
    WORD.setOpaque(words, word, live ? before | bit : before & ~bit);
  }

  /** Any thread. */
  public boolean isLive(int port) {
    return ((long) WORD.getOpaque(words, port >>> 6) & 1L << port) != 0;
  }
}
