// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is the same for all subjects of one comparison.
 *
 * @param frameBytes frame length without FCS
 * @param rules flow rules in the table of each switch that has one
 * @param nicCopy whether the emulated NIC writes and reads every byte of a frame
 */
record Case(Scenario scenario, int frameBytes, int rules, boolean nicCopy) {

  /** What tells the rows of one run apart. */
  Map<String, Object> parameters() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("frameBytes", frameBytes);
    if (rules > 1) {
      map.put("rules", rules);
    }
    if (nicCopy) {
      map.put("nicCopy", nicCopy);
    }
    return map;
  }
}
