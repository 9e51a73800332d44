// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.VethWire;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.ConfigException;
import io.iovtee.vswitch.config.SwitchConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole switch between two AF_XDP ports. */
final class XdpSwitchIT {
  @TempDir Path directory;

  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  @Test
  void forwardsBetweenTwoPortsAndCountsEveryFrame() throws Exception {
    try (NetworkNamespace namespace = NetworkNamespace.create();
        VethWire left = VethWire.open(Veth.create(namespace, "left0", "left1", 1));
        VethWire right = VethWire.open(Veth.create(namespace, "right0", "right1", 1));
        VSwitch vswitch = VSwitch.start(config(namespace, "actions=output:right"))) {
      assertThat(vswitch.ports()).hasSize(2).allMatch(p -> p.type().equals("xdp") && p.linkUp());
      List<byte[]> arrived = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        byte[] frame = XdpBench.frame(0x11, 60 + i, i);
        left.send(frame, frame.length);
        left.receive((bytes, length) -> {});
        right.receive((bytes, length) -> arrived.add(Arrays.copyOf(bytes, length)));
      }
      for (int waited = 0; arrived.size() < 500 && waited < 10_000; waited++) {
        right.receive((bytes, length) -> arrived.add(Arrays.copyOf(bytes, length)));
        Thread.sleep(1);
      }
      assertThat(arrived).hasSize(500);
      for (int i = 0; i < 500; i++) {
        assertThat(arrived.get(i)).isEqualTo(XdpBench.frame(0x11, 60 + i, i));
      }
      var stats = vswitch.stats();
      var input = stats.inputs().getFirst();
      assertThat(input.frames()).isEqualTo(500);
      assertThat(input.nic()).containsEntry("rx_packets", 500L);
      assertThat(stats.outputs().get(1).frames()).isEqualTo(500);
    }
  }

  @Test
  void removedPortGivesItsChunksBackAndCanBeAddedAgain() throws Exception {
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth.create(namespace, "left0", "left1", 1);
      Veth.create(namespace, "right0", "right1", 1);
      SwitchConfig config = config(namespace, "actions=output:right");
      try (VSwitch vswitch = VSwitch.start(config)) {
        // Each time a ring full of chunks is with the NIC: without giving back the pool runs dry.
        for (int i = 0; i < 12; i++) {
          // Time for the loop to fill the ring; too little only makes the test milder.
          Thread.sleep(50);
          assertThat(vswitch.removePort("left")).isTrue();
          vswitch.addPort("left", config.ports().get("left"));
        }
        try (VethWire left = VethWire.open(new Veth(namespace, "left0", "left1", 1));
            VethWire right = VethWire.open(new Veth(namespace, "right0", "right1", 1))) {
          byte[] frame = XdpBench.frame(0x11, 100, 1);
          List<byte[]> arrived = new ArrayList<>();
          for (int waited = 0; arrived.isEmpty() && waited < 10_000; waited++) {
            left.send(frame, frame.length);
            left.receive((bytes, length) -> {});
            right.receive((bytes, length) -> arrived.add(Arrays.copyOf(bytes, length)));
            Thread.sleep(1);
          }
          assertThat(arrived).first().isEqualTo(frame);
        }
      }
    }
  }

  @Test
  void errorNamesThePortAndWhatToDo() throws Exception {
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      SwitchConfig config = config(namespace, "actions=drop");
      assertThatThrownBy(() -> VSwitch.start(config).close())
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("iovtee.yaml:")
          .hasMessageContaining("interface left0 does not exist in network namespace");
    }
  }

  private SwitchConfig config(NetworkNamespace namespace, String actions) throws Exception {
    String text =
        """
        switch: {pool-chunks: 8192, huge-pages: false}
        ports:
          left: {type: xdp, interface: left0, netns: %1$s, ring-size: 1024}
          right: {type: xdp, interface: right0, netns: %1$s, mode: native, ring-size: 1024}
        flows:
          - in_port=left,%2$s
        """
            .formatted(namespace.name(), actions);
    return SwitchConfig.load(Files.writeString(directory.resolve("iovtee.yaml"), text));
  }
}
