// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

/** The path that frames take. */
enum Scenario {
  /** NIC to switch to NF, which only receives. */
  ONEWAY("oneway", "rxonly", 1),
  /** NIC to switch to NF, which swaps the MAC addresses and sends it back through the switch. */
  PVP("pvp", "macswap", 2);

  private final String label;
  private final String forwardMode;
  private final int receptions;

  Scenario(String label, String forwardMode, int receptions) {
    this.label = label;
    this.forwardMode = forwardMode;
    this.receptions = receptions;
  }

  String label() {
    return label;
  }

  /** The NF's testpmd forward mode. */
  String forwardMode() {
    return forwardMode;
  }

  /** How often the switch receives each frame: from the NIC, and in PVP also from the NF. */
  int receptions() {
    return receptions;
  }
}
