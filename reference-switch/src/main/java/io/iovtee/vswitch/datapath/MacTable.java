// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Which port a MAC address was last seen on, for the {@code normal} action. Shared by all loops
 * without locks: an entry is one long (48 bits address, 16 bits port), so a reader sees it whole;
 * two loops learning into one slot at the same time lose one of the two, and learn it again with
 * the next frame.
 */
public final class MacTable {
  /** Slots; a power of two. Enough for a rack; beyond it the oldest neighbours are forgotten. */
  public static final int SIZE = 4096;

  /** Seconds after which an address that was not seen again is forgotten; OVS's default. */
  public static final int AGE_MAX_S = 300;

  /** Slots looked at per address. */
  private static final int PROBES = 4;

  private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle SEEN = MethodHandles.arrayElementVarHandle(int[].class);

  private final long[] entries = new long[SIZE + PROBES];
  private final int[] seenAtS = new int[SIZE + PROBES];

  /** What this table knows now, in a table that goes its own way. */
  public MacTable copy() {
    MacTable copy = new MacTable();
    for (int i = 0; i < entries.length; i++) {
      ENTRY.setOpaque(copy.entries, i, (long) ENTRY.getOpaque(entries, i));
      SEEN.setOpaque(copy.seenAtS, i, (int) SEEN.getOpaque(seenAtS, i));
    }
    return copy;
  }

  /** Remembers the source address's port; multicast sources are never learned. */
  public void learn(long mac, int port, int nowS) {
    if ((mac & 0x0100_0000_0000L) != 0 || mac == 0) {
      return;
    }
    long entry = (mac << 16) | port;
    int slot = slot(mac);
    for (int i = slot; i < slot + PROBES; i++) {
      long present = (long) ENTRY.getOpaque(entries, i);
      if (present >>> 16 == mac) {
        if (present != entry) {
          ENTRY.setOpaque(entries, i, entry);
        }
        SEEN.setOpaque(seenAtS, i, nowS);
        return;
      }
    }
    int place = slotForNew(slot);
    ENTRY.setOpaque(entries, place, entry);
    SEEN.setOpaque(seenAtS, place, nowS);
  }

  /**
   * A free slot, or the one whose address was not seen for the longest time. Only for an address
   * that has no slot: a second one would bring its old port back some day.
   */
  private int slotForNew(int slot) {
    int oldest = slot;
    for (int i = slot; i < slot + PROBES; i++) {
      if ((long) ENTRY.getOpaque(entries, i) == 0) {
        return i;
      }
      if ((int) SEEN.getOpaque(seenAtS, i) < (int) SEEN.getOpaque(seenAtS, oldest)) {
        oldest = i;
      }
    }
    return oldest;
  }

  /** The port, or 0 when the address is unknown, aged out or multicast. */
  public int lookup(long mac, int nowS) {
    int slot = slot(mac);
    for (int i = slot; i < slot + PROBES; i++) {
      long present = (long) ENTRY.getOpaque(entries, i);
      if (present >>> 16 == mac) {
        return nowS - (int) SEEN.getOpaque(seenAtS, i) > AGE_MAX_S ? 0 : (int) (present & 0xffff);
      }
    }
    return 0;
  }

  /** Forgets every address of a port that went away. */
  public void forget(int port) {
    for (int i = 0; i < entries.length; i++) {
      if (((long) ENTRY.getOpaque(entries, i) & 0xffff) == port) {
        ENTRY.setOpaque(entries, i, 0L);
      }
    }
  }

  private static int slot(long mac) {
    return (int) ((mac * 0x9E37_79B9_7F4A_7C15L) >>> 52) & (SIZE - 1);
  }
}
