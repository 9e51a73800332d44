// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.OvsDpdk;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.peer.Veth;
import io.iovtee.bench.vswitch.Uplink;
import io.iovtee.vswitch.frames.TestFrame;
import java.nio.file.Path;
import java.util.List;

/**
 * A veth pair with the switch on its near end by AF_XDP, in the kernel's copy mode, and somebody
 * else at its far end, who lets frames come all the time.
 */
public final class VethUplink implements Uplink {
  private static final String NEAR = "near0";
  private static final String FAR = "far0";

  private final Veth veth;
  private final String transmit;

  private VethUplink(Veth veth, String transmit) {
    this.veth = veth;
    this.transmit = transmit;
  }

  /**
   * Makes the pair, in a namespace of its own.
   *
   * @param transmit how our switch sends: key {@code transmit} of its port
   * @throws PeerException if the machine lets nobody do it, with the next step
   */
  public static VethUplink create(String transmit) {
    String missing = PeerRequirements.networkNamespaces();
    if (missing != null) {
      throw new PeerException(missing);
    }
    NetworkNamespace namespace = NetworkNamespace.create();
    try {
      return new VethUplink(Veth.create(namespace, NEAR, FAR, 1), transmit);
    } catch (RuntimeException e) {
      namespace.close();
      throw e;
    }
  }

  /**
   * A frame of the wire: UDP, all of one flow.
   *
   * @param length without FCS
   * @param number tells it from others
   */
  static byte[] frame(int length, int number) {
    byte[] bytes = new byte[length];
    new TestFrame(0x020000000011L, 0x020000000001L, 0xc6120001, 0xc6120002, 49152, 4789)
        .write(bytes, 0, length, 0, 0, number);
    return bytes;
  }

  /** The pair; the switch's end is the near one. */
  public Veth veth() {
    return veth;
  }

  @Override
  public String portConfiguration() {
    return "{type: xdp, interface: %s, netns: %s, mode: native, transmit: %s}"
        .formatted(veth.near(), veth.namespace().name(), transmit);
  }

  @Override
  public TestpmdOptions testpmd(List<Path> sockets) {
    if (sockets.size() != 1) {
      throw new IllegalArgumentException("one interface, one network function: " + sockets);
    }
    return TestpmdOptions.xdpToVhost(veth.namespace().name(), veth.near(), sockets.getFirst());
  }

  /** A testpmd that takes what comes to the near end, and does nothing with it. */
  public TestpmdOptions bareReceiver() {
    return TestpmdOptions.xdpReceiver(veth.namespace().name(), veth.near());
  }

  @Override
  public OvsDpdk.NicPort ovsPort() {
    return OvsDpdk.NicPort.xdp(veth);
  }

  @Override
  public void feed() {}

  @Override
  public int lost() {
    return 0;
  }

  @Override
  public void close() {
    veth.namespace().close();
  }
}
