// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.vswitch.EmulatedUplink;
import java.util.ArrayList;
import java.util.List;

/**
 * The same rules for every switch that has a table: frames from the NIC to the NF and back, below
 * others, of higher priority, that name hosts and services of whom no frame comes.
 */
final class Rules {
  /** Rules that can be made: four services of each of 2^16 hosts, and the two that are hit. */
  static final int MAX = 4 * 65_536;

  /** Tables in a row at the most: as many as a frame of ours may go through, with room. */
  static final int TABLES_MAX = 16;

  private Rules() {}

  /** The rules that the switches get: those of {@link #of} in the last of the tables. */
  static List<String> of(Case measured, String nic, List<String> guests) {
    List<String> rules = new ArrayList<>();
    int last = measured.tables() - 1;
    for (int table = 0; table < last; table++) {
      rules.add("table=%d,priority=1,actions=goto_table:%d".formatted(table, table + 1));
    }
    String prefix = last > 0 ? "table=" + last + "," : "";
    of(measured.rules(), nic, guests).forEach(rule -> rules.add(prefix + rule));
    return rules;
  }

  /**
   * Text of the rules.
   *
   * @param count in all; there are two for each NF at least: there and back
   * @param nic port of the emulated NIC, by name or number
   * @param guests port of each NF; with more than one, frames are told apart by {@link
   *     EmulatedUplink#address}
   */
  static List<String> of(int count, String nic, List<String> guests) {
    List<String> rules = new ArrayList<>();
    for (int i = 0; i < count - 2 * guests.size(); i++) {
      int host = i / 4;
      rules.add(
          "priority=%d,in_port=%s,udp,nw_dst=10.99.%d.%d,tp_dst=%d,actions=drop"
              .formatted(1000 + i % 4, nic, host >> 8, host & 0xff, 4000 + i % 4));
    }
    for (int i = 0; i < guests.size(); i++) {
      String guest = guests.get(i);
      String match = guests.size() > 1 ? ",dl_dst=" + EmulatedUplink.address(i) : "";
      rules.add("priority=10,in_port=" + nic + match + ",actions=output:" + guest);
      rules.add("priority=10,in_port=" + guest + ",actions=output:" + nic);
    }
    return rules;
  }
}
