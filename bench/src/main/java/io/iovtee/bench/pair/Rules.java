// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import java.util.ArrayList;
import java.util.List;

/**
 * The same rules for every switch that has a table: frames from the NIC to the NF and back, below
 * others, of higher priority, that name hosts and services of whom no frame comes.
 */
final class Rules {
  /** Rules that can be made: four services of each of 2^16 hosts, and the two that are hit. */
  static final int MAX = 4 * 65_536;

  private Rules() {}

  /**
   * Text of the rules.
   *
   * @param count in all; with 1 there are still two: there and back
   * @param nic port of the emulated NIC, by name or number
   * @param guest port of the NF
   */
  static List<String> of(int count, String nic, String guest) {
    List<String> rules = new ArrayList<>();
    for (int i = 0; i < count - 2; i++) {
      int host = i / 4;
      rules.add(
          "priority=%d,in_port=%s,udp,nw_dst=10.99.%d.%d,tp_dst=%d,actions=drop"
              .formatted(1000 + i % 4, nic, host >> 8, host & 0xff, 4000 + i % 4));
    }
    rules.add("priority=10,in_port=" + nic + ",actions=output:" + guest);
    rules.add("priority=10,in_port=" + guest + ",actions=output:" + nic);
    return rules;
  }
}
