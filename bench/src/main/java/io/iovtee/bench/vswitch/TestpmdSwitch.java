// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.ForwardCounters;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;

/** The peer: a NIC of DPDK's and its vhost-user back-end, joined by testpmd. */
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
  public int tscMhz() {
    return testpmd.forwardCounters().tscMhz();
  }

  /** Frames that its port 0 has received. */
  public long received() {
    return testpmd.portCounters(0).rxPackets();
  }

  @Override
  public void close() {
    testpmd.close();
  }
}
