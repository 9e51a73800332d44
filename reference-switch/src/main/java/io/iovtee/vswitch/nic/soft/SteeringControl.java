// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The port's steering table and filters as control threads change them and read them back. */
final class SteeringControl {
  private final String port;
  private final DmaEngine[] engines;
  private Steering steering;
  private String lastRefusal = "none";

  SteeringControl(String port, Steering steering, DmaEngine[] engines) {
    this.port = port;
    this.steering = steering;
    this.engines = engines;
  }

  /** Adds or moves an entry; false, with {@link #lastRefusal}, when the NIC can not. */
  synchronized boolean steer(String match, int queue) {
    return change(match, parsed -> steering.with(parsed, queue));
  }

  /** Removes an entry; false when this queue has none like it. */
  synchronized boolean unsteer(String match, int queue) {
    return change(match, parsed -> steering.without(parsed, queue));
  }

  /** Adds a filter; false, with {@link #lastRefusal}, when the NIC can not. */
  synchronized boolean filter(String match, int queue) {
    return change(match, parsed -> steering.withFilter(parsed, queue))
        && steering.filtersOf(queue).contains(SteeringMatch.parse(match));
  }

  /** Removes a filter; false when this queue has none like it. */
  synchronized boolean unfilter(String match, int queue) {
    return change(match, parsed -> steering.withoutFilter(parsed, queue));
  }

  /** False when nothing changed, or the change is refused. */
  private boolean change(String text, Function<SteeringMatch, Steering> to) {
    try {
      Steering changed = to.apply(SteeringMatch.parse(text));
      if (changed.equals(steering)) {
        return false;
      }
      for (DmaEngine engine : engines) {
        engine.steer(changed, "port " + port + ": steering");
      }
      steering = changed;
      return true;
    } catch (IllegalArgumentException | IllegalStateException e) {
      lastRefusal = text + ": " + e.getMessage();
      return false;
    }
  }

  /** Match to queue, in the order of installation. */
  synchronized Map<String, Integer> entries() {
    Map<String, Integer> entries = new LinkedHashMap<>();
    steering.entries().forEach((match, queue) -> entries.put(match.toString(), queue));
    return entries;
  }

  /** A queue's filters in words, or null when it lets everything in. */
  synchronized @Nullable String filtering(int queue) {
    StringJoiner text = new StringJoiner(" ", "emulated-filter ", "");
    steering.filtersOf(queue).forEach(filter -> text.add(filter.toString()));
    return steering.filtersOf(queue).isEmpty() ? null : text.toString();
  }

  /** The last match that could not be steered or filtered, and why. */
  synchronized String lastRefusal() {
    return lastRefusal;
  }
}
