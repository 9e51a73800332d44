// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.vswitch.EmulatedUplink;
import io.iovtee.bench.vswitch.Uplink;
import io.iovtee.bench.xdp.ClosedLoop;
import io.iovtee.bench.xdp.VethUplink;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is the same for all subjects of one comparison.
 *
 * @param frameBytes frame length without FCS
 * @param functions network functions, each on a port of its own
 * @param rules flow rules in the last table of each switch that has one
 * @param tables that each frame goes through
 */
record Case(Scenario scenario, Nic nic, int frameBytes, int functions, int rules, int tables) {

  /**
   * A new NIC of one switch's own.
   *
   * @param transmit how our switch sends by AF_XDP
   */
  Uplink openUplink(String transmit) {
    if (nic != Nic.XDP) {
      return new EmulatedUplink(frameBytes, nic == Nic.SOFT_COPY, functions);
    }
    return scenario == Scenario.PVP
        ? ClosedLoop.create(frameBytes, transmit)
        : VethUplink.create(transmit);
  }

  /** What tells the rows of one run apart. */
  Map<String, Object> parameters() {
    Map<String, Object> map = new LinkedHashMap<>();
    if (nic == Nic.XDP) {
      map.put("nic", nic.label());
    }
    map.put("frameBytes", frameBytes);
    if (functions > 1) {
      map.put("nfs", functions);
    }
    if (rules > 1) {
      map.put("rules", rules);
    }
    if (tables > 1) {
      map.put("tables", tables);
    }
    if (nic == Nic.SOFT_COPY) {
      map.put("nicCopy", true);
    }
    return map;
  }
}
