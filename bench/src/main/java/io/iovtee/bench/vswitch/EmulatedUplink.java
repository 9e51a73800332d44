// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.vswitch;

import io.iovtee.bench.peer.OvsDpdk;
import io.iovtee.bench.peer.TestpmdOptions;
import java.nio.file.Path;
import java.util.List;

/**
 * A NIC that is emulated inside of the switch, ours or DPDK's, and always has frames.
 *
 * @param frameBytes frame length without FCS
 * @param copy whether it writes and reads every byte of a frame
 * @param functions network functions that share the frames: one flow, and in our switch one queue,
 *     for each
 */
public record EmulatedUplink(int frameBytes, boolean copy, int functions) implements Uplink {
  /** Destination of the frames of a network function's flow. */
  public static String address(int function) {
    return "02:00:00:00:00:%02x".formatted(0x11 + function);
  }

  @Override
  public String portConfiguration() {
    return """
    {type: soft, dma: inline, queues: %d, traffic: \
    {type: "null", frame-bytes: %d, copy: %b, dl-dst: "%s-%s"}, tx: {type: discard, copy: %b}}\
    """
        .formatted(functions, frameBytes, copy, address(0), address(functions - 1), copy);
  }

  @Override
  public TestpmdOptions testpmd(List<Path> sockets) {
    return TestpmdOptions.nullToVhost(sockets, frameBytes, copy);
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
