// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import picocli.CommandLine.Command;

/** {@code bench pvp}. */
@Command(
    name = "pvp",
    mixinStandardHelpOptions = true,
    description =
        "NIC to switch to network function and back (physical-virtual-physical): our copy path and"
            + " write-through beside DPDK's testpmd.")
public final class PvpCommand extends PairCommand {
  /** For picocli. */
  public PvpCommand() {
    super(Scenario.PVP);
  }
}
