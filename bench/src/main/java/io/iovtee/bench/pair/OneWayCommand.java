// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import picocli.CommandLine.Command;

/** {@code bench oneway}. */
@Command(
    name = "oneway",
    mixinStandardHelpOptions = true,
    description =
        "NIC to switch to network function: our copy path and write-through beside DPDK's testpmd.")
public final class OneWayCommand extends PairCommand {
  /** For picocli. */
  public OneWayCommand() {
    super(Scenario.ONEWAY);
  }
}
