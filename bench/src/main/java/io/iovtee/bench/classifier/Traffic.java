// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.classifier;

import io.iovtee.api.SwitchStats;
import io.iovtee.api.SwitchStats.InputStats;

/**
 * What became of the frames of port uplink, which all are for nf1.
 *
 * @param received by the switch
 * @param lost missed by the NIC because the loop was away for too long, or dropped
 * @param misrouted to nf2
 */
record Traffic(long received, long lost, long misrouted) {
  static Traffic of(SwitchStats stats) {
    long received = 0;
    long lost = 0;
    for (InputStats input : stats.inputs()) {
      if (input.port().equals("uplink")) {
        received += input.frames();
        lost += input.nic().getOrDefault("rx_missed", 0L);
        lost += input.dropReasons().values().stream().mapToLong(Long::longValue).sum();
      }
    }
    long misrouted =
        stats.outputs().stream()
            .filter(output -> output.port().equals("nf2"))
            .mapToLong(SwitchStats.OutputStats::frames)
            .sum();
    return new Traffic(received, lost, misrouted);
  }

  Traffic since(Traffic before) {
    return new Traffic(
        received - before.received, lost - before.lost, misrouted - before.misrouted);
  }
}
