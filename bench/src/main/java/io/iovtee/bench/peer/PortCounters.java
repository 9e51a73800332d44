// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One port in the answer to testpmd's {@code show port stats all}.
 *
 * @param port DPDK port number
 * @param rxPackets frames received since the start
 * @param rxMissed frames lost for lack of descriptors
 * @param rxErrors frames refused
 * @param rxNoBuffer failed buffer allocations
 * @param txPackets frames sent since the start
 * @param txErrors frames that could not be sent
 * @param rxBytes bytes received, without FCS
 * @param rxPps frames received per second since the last such command, by testpmd's own clock
 * @param txPps frames sent per second since the last such command
 */
public record PortCounters(
    int port,
    long rxPackets,
    long rxMissed,
    long rxErrors,
    long rxNoBuffer,
    long txPackets,
    long txErrors,
    long rxBytes,
    long rxPps,
    long txPps) {
  private static final Pattern PORT =
      Pattern.compile(
          "NIC statistics for port (\\d+)\\s+#+"
              + "\\s+RX-packets:\\s+(\\d+)\\s+RX-missed:\\s+(\\d+)\\s+RX-bytes:\\s+(\\d+)"
              + "\\s+RX-errors:\\s+(\\d+)"
              + "\\s+RX-nombuf:\\s+(\\d+)"
              + "\\s+TX-packets:\\s+(\\d+)\\s+TX-errors:\\s+(\\d+)\\s+TX-bytes:\\s+\\d+"
              + "\\s+Throughput \\(since last show\\)"
              + "\\s+Rx-pps:\\s+(\\d+)\\s+Rx-bps:\\s+\\d+"
              + "\\s+Tx-pps:\\s+(\\d+)");

  /** All ports in the text, in its order. */
  static List<PortCounters> parse(String text) {
    List<PortCounters> ports = new ArrayList<>();
    Matcher matcher = PORT.matcher(text);
    while (matcher.find()) {
      ports.add(
          new PortCounters(
              Integer.parseInt(matcher.group(1)),
              Long.parseLong(matcher.group(2)),
              Long.parseLong(matcher.group(3)),
              Long.parseLong(matcher.group(5)),
              Long.parseLong(matcher.group(6)),
              Long.parseLong(matcher.group(7)),
              Long.parseLong(matcher.group(8)),
              Long.parseLong(matcher.group(4)),
              Long.parseLong(matcher.group(9)),
              Long.parseLong(matcher.group(10))));
    }
    return ports;
  }
}
