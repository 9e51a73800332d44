// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.OvsDpdk;
import io.iovtee.bench.peer.TestpmdOptions;
import java.nio.file.Path;

/**
 * A NIC that is emulated inside of the switch, ours or DPDK's, and always has frames.
 *
 * @param frameBytes frame length without FCS
 * @param copy whether it writes and reads every byte of a frame
 */
public record EmulatedUplink(int frameBytes, boolean copy) implements Uplink {
  @Override
  public String portConfiguration() {
    return """
    {type: soft, dma: inline, traffic: {type: "null", frame-bytes: %d, copy: %b}, \
    tx: {type: discard, copy: %b}}\
    """
        .formatted(frameBytes, copy, copy);
  }

  @Override
  public TestpmdOptions testpmd(Path socket) {
    return TestpmdOptions.nullToVhost(socket, frameBytes, copy);
  }

  @Override
  public OvsDpdk.NicPort ovsPort() {
    return OvsDpdk.NicPort.emulated(frameBytes, copy);
  }

  @Override
  public void feed() {}

  @Override
  public int lost() {
    return 0;
  }

  @Override
  public void close() {}
}
