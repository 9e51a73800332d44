// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.vswitch.datapath.InputCounters;
import io.iovtee.vswitch.datapath.OwnerIds;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes counters readable: numbers get their names. */
final class CounterReader {
  private CounterReader() {}

  static InputStats input(
      String port,
      int queue,
      boolean guest,
      InputCounters counters,
      PortNumbers names,
      Map<String, Long> nic) {
    Map<String, Long> matched = new LinkedHashMap<>();
    for (int number = 1; number <= OwnerIds.PORTS_MAX; number++) {
      long frames = counters.matchedTo(number);
      if (frames > 0) {
        matched.put(names.name(number), frames);
      }
    }
    return new InputStats(
        port,
        queue,
        guest,
        counters.frames(),
        counters.bytes(),
        counters.outcomes(),
        counters.copyReasons(),
        counters.dropReasons(),
        counters.copiedBytes(),
        matched,
        nic);
  }
}
