// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The port's steering table as control threads change it and read it back. */
final class SteeringControl {
  private final TrafficSource[] sources;
  private Steering steering;
  private String lastRefusal = "none";

  SteeringControl(Steering steering, TrafficSource[] sources) {
    this.steering = steering;
    this.sources = sources;
  }

  /** Adds or moves an entry; false, with {@link #lastRefusal}, when the NIC can not. */
  synchronized boolean steer(String text, int queue) {
    try {
      Steering changed = steering.with(SteeringMatch.parse(text), queue);
      if (changed != null) {
        apply(changed);
        return true;
      }
      lastRefusal = text + ": all " + Steering.ENTRIES_MAX + " entries are in use";
    } catch (IllegalArgumentException e) {
      lastRefusal = text + ": " + e.getMessage();
    }
    return false;
  }

  /** Removes an entry; false when this queue has none like it. */
  synchronized boolean unsteer(String text, int queue) {
    Steering changed = withoutEntry(text, queue);
    if (changed == null) {
      return false;
    }
    apply(changed);
    return true;
  }

  private @Nullable Steering withoutEntry(String text, int queue) {
    try {
      return steering.without(SteeringMatch.parse(text), queue);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private void apply(Steering changed) {
    steering = changed;
    for (TrafficSource source : sources) {
      source.steer(changed);
    }
  }

  /** Match to queue, in the order of installation. */
  synchronized Map<String, Integer> entries() {
    Map<String, Integer> entries = new LinkedHashMap<>();
    steering.entries().forEach((match, queue) -> entries.put(match.toString(), queue));
    return entries;
  }

  /** The last match that could not be steered, and why. */
  synchronized String lastRefusal() {
    return lastRefusal;
  }
}
