// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.OvsDpdk;
import io.iovtee.bench.peer.PeerProcess;
import java.util.List;

/** The peer with a classifier: Open vSwitch with DPDK, one PMD thread. */
public final class OvsSwitch implements SwitchProcess {
  private final OvsDpdk ovs;

  /**
   * Starts it.
   *
   * @param rules in OVS's text form; ports are {@link OvsDpdk#NIC} and {@link OvsDpdk#GUEST}
   */
  public OvsSwitch(OvsDpdk.Setup setup, List<String> rules) {
    ovs = OvsDpdk.start(setup);
    ovs.addFlows(rules);
  }

  @Override
  public String version() {
    return ovs.version();
  }

  @Override
  public PeerProcess process() {
    return ovs.daemon();
  }

  @Override
  public SwitchCounters counters(int tscMhz) {
    OvsDpdk.PmdCounters sums = ovs.counters();
    return new SwitchCounters(sums.received(), sums.busyCycles(), Double.NaN, 0, Double.NaN);
  }

  @Override
  public void close() {
    ovs.close();
  }
}
