// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.trace;

import io.iovtee.api.FlowTable.FlowEntry;
import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.api.SwitchStats.OutputStats;
import io.iovtee.vswitch.assembly.VSwitch;
import java.util.Map;
import java.util.TreeMap;

/**
 * All counters of a switch that one frame can change, by a name each, and what a frame did change.
 */
final class Counted {
  /** What NICs count of frames that the switch never gets, and what a trace calls it. */
  static final Map<String, String> KEPT_OUT =
      Map.of(
          "rx_filtered", "filtered",
          "rx_too_long", "too_long",
          "rx_missed", "no_buffer",
          "rx_unserved", "unserved",
          "rx_dropped", "no_buffer");

  private final Map<String, Long> values = new TreeMap<>();

  private Counted() {}

  static Counted of(VSwitch vswitch) {
    Counted now = new Counted();
    SwitchStats stats = vswitch.stats();
    for (InputStats input : stats.inputs()) {
      String name = "in " + input.port() + "/" + input.queue() + " ";
      now.put(name + "frames", input.frames());
      input.outcomes().forEach((outcome, count) -> now.put(name + "outcome " + outcome, count));
      input.copyReasons().forEach((reason, count) -> now.put(name + "copied " + reason, count));
      input.dropReasons().forEach((reason, count) -> now.put(name + "dropped " + reason, count));
      KEPT_OUT.forEach((counter, entry) -> {
        Long count = input.nic().get(counter);
        if (count != null) {
          now.put(name + "kept_out " + entry, count + now.get(name + "kept_out " + entry));
        }
      });
    }
    for (OutputStats output : stats.outputs()) {
      now.put("out " + output.port(), output.frames());
    }
    for (FlowEntry entry : vswitch.flows().entries()) {
      now.put("rule " + entry.id(), entry.packets());
    }
    return now;
  }

  private void put(String name, long value) {
    values.put(name, value);
  }

  private long get(String name) {
    return values.getOrDefault(name, 0L);
  }

  /** What has grown since then, and by how much. */
  Map<String, Long> since(Counted before) {
    Map<String, Long> grown = new TreeMap<>();
    values.forEach((name, value) -> {
      long by = value - before.get(name);
      if (by != 0) {
        grown.put(name, by);
      }
    });
    return grown;
  }
}
