// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import io.iovtee.api.Arrival.Entry;
import io.iovtee.vswitch.datapath.NicRxQueue.Admission;
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

  /** Whether a queue gets a frame, and what decides that. */
  synchronized Admission admission(byte[] frame, int queue, int frameLengthMax) {
    FrameKey key = new FrameKey();
    key.parse(frame, 0, frame.length);
    boolean steered = steering.steeredQueueOf(key) >= 0;
    int there = steering.queueOf(key, frame);
    int to = there < 0 ? ~there : there;
    if (to != queue) {
      String by = steered ? "a steering entry of the NIC" : "the NIC's RSS";
      return new Admission(Entry.ELSEWHERE, by + " sends it to queue " + port + "/" + to);
    }
    if (there < 0) {
      return new Admission(Entry.FILTERED, "the queue lets in: " + filtering(queue));
    }
    return frame.length > frameLengthMax
        ? new Admission(
            Entry.TOO_LONG,
            "it has %d bytes, the NIC takes %d".formatted(frame.length, frameLengthMax))
        : new Admission(Entry.ENTERS, "");
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
