// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.ForwardCounters;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;

/** The peer: DPDK's emulated NIC and its vhost-user back-end, joined by testpmd. */
public final class TestpmdSwitch implements SwitchProcess {
  private final Testpmd testpmd;

  /** Starts it; it forwards on return. */
  public TestpmdSwitch(TestpmdOptions options) {
    testpmd = Testpmd.start(options);
    testpmd.startForwarding();
  }

  @Override
  public PeerProcess process() {
    return testpmd.process();
  }

  @Override
  public String version() {
    return testpmd.version();
  }

  @Override
  public SwitchCounters counters(int tscMhz) {
    ForwardCounters sums = testpmd.forwardCounters();
    return new SwitchCounters(
        sums.rxPackets(), Math.max(0, sums.busyCycles()), Double.NaN, 0, Double.NaN);
  }

  @Override
  public void close() {
    testpmd.close();
  }
}
