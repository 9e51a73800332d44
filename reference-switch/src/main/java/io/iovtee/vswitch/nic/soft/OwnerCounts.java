// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.Arrays;

/**
 * How many buffers of each owner are with the NIC. A handful of owners at most share a queue (the
 * host pool, the mapped guest), so a short list is searched. One thread.
 */
final class OwnerCounts {
  private int[] owners = new int[8];
  private int[] counts = new int[8];
  private int used;

  void add(int owner, int delta) {
    for (int i = 0; i < used; i++) {
      if (owners[i] == owner) {
        counts[i] += delta;
        return;
      }
    }
    insert(owner, delta);
  }

  int get(int owner) {
    for (int i = 0; i < used; i++) {
      if (owners[i] == owner) {
        return counts[i];
      }
    }
    return 0;
  }

  void clear() {
    used = 0;
  }

  /** A new owner takes the place of one that has nothing outstanding any more. */
  private void insert(int owner, int delta) {
    int place = used;
    for (int i = 0; i < used; i++) {
      if (counts[i] == 0) {
        place = i;
      }
    }
    if (place == owners.length) {
      owners = Arrays.copyOf(owners, 2 * place);
      counts = Arrays.copyOf(counts, 2 * place);
    }
    owners[place] = owner;
    counts[place] = delta;
    used = Math.max(used, place + 1);
  }
}
