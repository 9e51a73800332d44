// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.datapath.OwnerIds;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Names and numbers of ports. A name keeps its number for as long as the switch runs, so that rules
 * for a port that comes back mean the same port. Any thread.
 */
final class PortNumbers {
  private final Map<String, Integer> numbers = new HashMap<>();
  private final @Nullable String[] names = new String[OwnerIds.PORTS_MAX + 1];

  /** The number of a name that some port has or had; -1 for any other. */
  synchronized int lookup(String name) {
    return numbers.getOrDefault(name, -1);
  }

  /** The port's number; a new name gets the next one. */
  synchronized int assign(String name) {
    Integer known = numbers.get(name);
    if (known != null) {
      return known;
    }
    int next = numbers.size() + 1;
    if (next > OwnerIds.PORTS_MAX) {
      throw new IllegalStateException(
          "a switch has at most %d port names in its life: %s is one too many"
              .formatted(OwnerIds.PORTS_MAX, name));
    }
    numbers.put(name, next);
    names[next] = name;
    return next;
  }

  /** All numbers that names have. */
  synchronized int[] all() {
    return IntStream.rangeClosed(1, numbers.size()).toArray();
  }

  /** The port's name; empty for a number that no port has. */
  synchronized String name(int number) {
    String name = number < names.length ? names[number] : null;
    return name == null ? "" : name;
  }
}
