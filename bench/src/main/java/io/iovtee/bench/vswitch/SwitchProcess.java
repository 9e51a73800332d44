// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.PeerProcess;

/** A switch that runs in a process of its own, with an emulated NIC and one vhost-user port. */
public interface SwitchProcess extends AutoCloseable {
  PeerProcess process();

  /** Name and version of what is under it, for the report. */
  String version();

  /**
   * Reads its counters; costs its core up to a millisecond, so do it outside of a measured window.
   *
   * @param tscMhz TSC ticks per microsecond, for switches that count in ns
   */
  SwitchCounters counters(int tscMhz);

  @Override
  void close();
}
