// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.light.LightCounts;
import io.iovtee.bench.light.LightProcess;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.peer.TscFrequency;

/** Our own light function, for one port or several: what comes is sent back. */
final class LightNetworkFunction implements NetworkFunction {
  private final LightProcess light;
  private final TscFrequency tsc;
  private LightCounts begin;

  LightNetworkFunction(LightProcess light, TscFrequency tsc) {
    this.light = light;
    this.tsc = tsc;
    begin = light.counts();
  }

  @Override
  public PeerProcess process() {
    return light.process();
  }

  @Override
  public String version() {
    return "light function of ours";
  }

  @Override
  public int tscMhz() {
    return 0;
  }

  /** On every port: frames of the later ones may come later. */
  @Override
  public boolean reached() {
    return light.counts().silentPorts() == 0;
  }

  @Override
  public void mark() {
    begin = light.counts();
  }

  @Override
  public Rates rates() {
    LightCounts now = light.counts();
    if (now.silentPorts() > 0) {
      throw new PeerException(
          process().failure(now.silentPorts() + " of its ports get no frame any more"));
    }
    double mpps = now.mppsSince(begin);
    return new Rates(mpps, mpps, now.nsPerFrameSince(begin) * tsc.mhz() / 1e3);
  }

  @Override
  public void close() {
    light.close();
  }
}
