// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import picocli.CommandLine.Command;

/** {@code bench oneway}. */
@Command(
    name = "oneway",
    mixinStandardHelpOptions = true,
    description =
        "NIC to switch to network function: our copy path and write-through beside DPDK's testpmd.")
final class OneWayCommand extends ComparisonCommand {
  OneWayCommand() {
    super(Scenario.ONEWAY);
  }
}
