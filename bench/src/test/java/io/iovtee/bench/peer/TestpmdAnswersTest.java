// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Answers as DPDK 22.11's testpmd prints them. */
final class TestpmdAnswersTest {
  private static final String PORTS =
      """
      testpmd> show port stats all

        ######################## NIC statistics for port 0  ########################
        RX-packets: 515923552  RX-missed: 3          RX-bytes:  17
        RX-errors: 4
        RX-nombuf:  5        \s
        TX-packets: 22649920   TX-errors: 6          TX-bytes:  0

        Throughput (since last show)
        Rx-pps:     58607680          Rx-bps:            0
        Tx-pps:      4660101          Tx-bps:            0
        ############################################################################

        ######################## NIC statistics for port 1  ########################
        RX-packets: 22649920   RX-missed: 0          RX-bytes:  1449594880
        RX-errors: 0
        RX-nombuf:  0        \s
        TX-packets: 22660192   TX-errors: 0          TX-bytes:  1450252288

        Throughput (since last show)
        Rx-pps:      4660106          Rx-bps:   2385974504
        Tx-pps:      4661394          Tx-bps:   2386634096
        ############################################################################
      """;

  private static final String FORWARD =
      """

        ---------------------- Forward statistics for port 0  ----------------------
        RX-packets: 38606400       RX-dropped: 0             RX-total: 38606400
        TX-packets: 1              TX-dropped: 2             TX-total: 3
        ----------------------------------------------------------------------------

        +++++++++++++++ Accumulated forward statistics for all ports+++++++++++++++
        RX-packets: 38606401       RX-dropped: 0             RX-total: 38606401
        TX-packets: 7              TX-dropped: 38606394      TX-total: 38606401
        ++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++
      """;

  private static final String CYCLES =
      """

        CPU cycles/packet=12.32 (total cycles=475625280 / total io packets=38606400) at 2600 MHz Clock

      """;

  @Test
  void portCountersOfEveryPort() {
    assertThat(PortCounters.parse(PORTS))
        .containsExactly(
            new PortCounters(0, 515923552, 3, 4, 5, 22649920, 6, 17, 58607680, 4660101),
            new PortCounters(1, 22649920, 0, 0, 0, 22660192, 0, 1449594880, 4660106, 4661394));
  }

  @Test
  void cutOffPortIsLeftOut() {
    String cut = PORTS.substring(0, PORTS.lastIndexOf("Tx-pps"));
    assertThat(PortCounters.parse(cut)).extracting(PortCounters::port).containsExactly(0);
  }

  @Test
  void forwardSumsAndCycles() {
    assertThat(ForwardCounters.parse(FORWARD + CYCLES))
        .isEqualTo(new ForwardCounters(38606401, 7, 38606394, 475625280, 2600));
  }

  @Test
  void forwardSumsBeforeTheFirstFrameCarryNoCycles() {
    assertThat(ForwardCounters.parse(FORWARD))
        .isEqualTo(new ForwardCounters(38606401, 7, 38606394, -1, 0));
  }

  @Test
  void cyclesPerPacketAreOfTheFramesBetweenTwoReadings() {
    ForwardCounters before = new ForwardCounters(1000, 0, 0, 50_000, 2600);
    ForwardCounters after = new ForwardCounters(1500, 0, 0, 70_000, 2600);
    assertThat(after.cyclesPerPacketSince(before)).isEqualTo(40);
    assertThat(before.cyclesPerPacketSince(before)).isNaN();
    assertThat(after.cyclesPerPacketSince(new ForwardCounters(0, 0, 0, -1, 0))).isNaN();
  }

  @Test
  void noForwardSums() {
    assertThat(ForwardCounters.parse("testpmd> show fwd stats all\nBad arguments\n")).isNull();
  }
}
