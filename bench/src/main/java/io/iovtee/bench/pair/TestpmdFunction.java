// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.pair;

import io.iovtee.bench.peer.ForwardCounters;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerProcess;
import io.iovtee.bench.peer.PortCounters;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import java.util.List;

/** DPDK's testpmd with a virtio-user port for each function. */
final class TestpmdFunction implements NetworkFunction {
  private final Testpmd testpmd;
  private ForwardCounters begin = new ForwardCounters(0, 0, 0, -1, 0);

  /** Starts it; it forwards on return. */
  TestpmdFunction(TestpmdOptions options) {
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
  public int tscMhz() {
    return testpmd.forwardCounters().tscMhz();
  }

  @Override
  public boolean reached() {
    return testpmd.forwardCounters().rxPackets() > 0;
  }

  /** testpmd's rates are those between two such commands, by its own clock. */
  @Override
  public void mark() {
    testpmd.portCounters();
    begin = testpmd.forwardCounters();
  }

  @Override
  public Rates rates() {
    List<PortCounters> ports = testpmd.portCounters();
    for (PortCounters port : ports) {
      if (port.rxPps() == 0) {
        throw new PeerException(process().failure("port " + port.port() + ": no frame any more"));
      }
    }
    return new Rates(
        ports.stream().mapToLong(PortCounters::rxPps).sum() / 1e6,
        ports.stream().mapToLong(PortCounters::txPps).sum() / 1e6,
        testpmd.forwardCounters().cyclesPerPacketSince(begin));
  }

  @Override
  public void close() {
    testpmd.close();
  }
}
