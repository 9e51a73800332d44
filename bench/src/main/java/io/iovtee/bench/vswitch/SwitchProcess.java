// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.PeerProcess;

/** A switch that runs in a process of its own, with a NIC and vhost-user ports. */
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

  /** TSC ticks per microsecond, as it found it once frames have come; 0 if it does not tell. */
  default int tscMhz() {
    return 0;
  }

  @Override
  void close();
}
