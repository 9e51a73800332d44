// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench;

import picocli.CommandLine.Command;

/** {@code bench pvp}. */
@Command(
    name = "pvp",
    mixinStandardHelpOptions = true,
    description =
        "NIC to switch to network function and back (physical-virtual-physical): our copy path and"
            + " write-through beside DPDK's testpmd.")
final class PvpCommand extends ComparisonCommand {
  PvpCommand() {
    super(Scenario.PVP);
  }
}
