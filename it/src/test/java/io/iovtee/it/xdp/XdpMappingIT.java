// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.api.SwitchStats.InputStats;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Testpmd;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.VethWire;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import io.iovtee.vswitch.plugin.PluginHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Write-through as a user has it: an AF_XDP port, DPDK testpmd as network function, the plugin's
 * jar. The frames lie in testpmd's own buffers when the switch first sees them.
 */
final class XdpMappingIT {
  private static final int OURS = 0x11;
  private static final int FOREIGN = 0x12;
  private static final int BURST = 25;
  private static final int WAIT_MS = 30_000;

  @TempDir Path directory;

  @BeforeAll
  static void needs() {
    Needs.present(
        PeerRequirements.networkNamespaces(),
        PeerRequirements.testpmd(),
        PeerRequirements.hugePages(512));
  }

  @Test
  void strictMappingWritesOurFramesThroughAndKeepsForeignOnesOut() throws Exception {
    Path socket = directory.resolve("nf.sock");
    TestpmdOptions function = TestpmdOptions.networkFunction(socket, 256).forwarding("macswap");
    try (NetworkNamespace namespace = NetworkNamespace.create();
        VethWire wire = VethWire.open(Veth.create(namespace, "near0", "far0", 1));
        VSwitch vswitch = VSwitch.start(config(namespace, socket));
        PluginHost plugins = PluginHost.start(pluginDirectory(), vswitch);
        Testpmd nf = Testpmd.start(function)) {
      assertThat(plugins.names()).singleElement().asString().startsWith("iovtee ");
      nf.startForwarding();
      awaitWriteThrough(wire, vswitch);

      long before = count(vswitch, Outcome.WRITTEN_THROUGH);
      long copiedBefore = copied(vswitch);
      long filteredBefore = vswitch.stats().inputs().getFirst().nic().get("rx_filtered");
      List<byte[]> sent = new ArrayList<>();
      List<byte[]> back = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        byte[] frame = XdpBench.frame(OURS, 60 + i, i);
        sent.add(frame);
        wire.send(frame, frame.length);
        byte[] foreign = XdpBench.frame(FOREIGN, 100, i);
        wire.send(foreign, foreign.length);
        if (i % BURST == BURST - 1) {
          // No more on the way than the function has posted buffers, however slow its core is.
          awaitFrames(wire, back, sent.size());
        }
      }
      awaitFrames(wire, back, sent.size());
      assertThat(back.size()).as("frames back, %s", vswitch.stats()).isEqualTo(sent.size());
      for (int i = 0; i < sent.size(); i++) {
        assertThat(back.get(i)).as("frame %d", i).isEqualTo(swapped(sent.get(i)));
      }
      assertThat(count(vswitch, Outcome.WRITTEN_THROUGH) - before).isEqualTo(1000);
      assertThat(copied(vswitch) - copiedBefore).as("no copy towards the guest").isZero();
      assertThat(vswitch.stats().inputs().getFirst().nic().get("rx_filtered") - filteredBefore)
          .isEqualTo(1000);
    }
  }

  /** Sends single frames until the mapping works, and waits for the last one. */
  private static void awaitWriteThrough(VethWire wire, VSwitch vswitch) throws Exception {
    List<byte[]> back = new ArrayList<>();
    int waited = 0;
    for (; count(vswitch, Outcome.WRITTEN_THROUGH) < 50; waited += 10) {
      if (waited > WAIT_MS) {
        throw new AssertionError("no frame was written through: " + vswitch.stats().inputs());
      }
      byte[] frame = XdpBench.frame(OURS, 60, waited);
      wire.send(frame, frame.length);
      collect(wire, back);
      Thread.sleep(10);
    }
    byte[] last = XdpBench.frame(OURS, 61, waited); // no other has its length
    wire.send(last, last.length);
    for (int i = 0; back.isEmpty() || back.getLast().length != last.length; i++) {
      assertThat(i).as("%s", vswitch.stats().inputs()).isLessThan(WAIT_MS);
      back.clear();
      Thread.sleep(1);
      collect(wire, back);
    }
  }

  private static void awaitFrames(VethWire wire, List<byte[]> back, int count) throws Exception {
    collect(wire, back);
    for (int waited = 0; back.size() < count && waited < WAIT_MS; waited++) {
      Thread.sleep(1);
      collect(wire, back);
    }
  }

  private static void collect(VethWire wire, List<byte[]> back) {
    wire.receive((bytes, length) -> back.add(Arrays.copyOf(bytes, length)));
  }

  private static long count(VSwitch vswitch, Outcome outcome) {
    return vswitch.stats().inputs().getFirst().outcomes().get(outcome.label());
  }

  private static long copied(VSwitch vswitch) {
    InputStats input = vswitch.stats().inputs().getFirst();
    return input.outcomes().get(Outcome.COPIED.label())
        + input.outcomes().get(Outcome.COPIED_INELIGIBLE.label())
        + input.outcomes().get(Outcome.COPIED_MISDIRECTED.label());
  }

  private static byte[] swapped(byte[] frame) {
    byte[] swapped = frame.clone();
    System.arraycopy(frame, 0, swapped, 6, 6);
    System.arraycopy(frame, 6, swapped, 0, 6);
    return swapped;
  }

  private SwitchConfig config(NetworkNamespace namespace, Path socket) throws Exception {
    String text =
        """
        ports:
          uplink: {type: xdp, interface: near0, netns: %s, mode: native}
          nf1: {type: vhost-user, socket: "%s", role: server}
        flows:
          - in_port=uplink,actions=output:nf1
          - in_port=nf1,actions=output:uplink
        plugins:
          iovtee:
            http: {port: 0}
            mappings:
              - queue: uplink/0
                port: nf1
                isolation: strict
                match: "dl_dst=02:00:00:00:00:11"
                mode: "on"
        """
            .formatted(namespace.name(), socket);
    return SwitchConfig.load(Files.writeString(directory.resolve("iovtee.yaml"), text));
  }

  /** A directory with the plugin's jar, as a user has it. */
  private Path pluginDirectory() throws Exception {
    Path target = Path.of(System.getProperty("iovtee.root", "..")).resolve("iovtee-plugin/target");
    Path plugins = Files.createDirectory(directory.resolve("plugins"));
    try (Stream<Path> files = Files.list(target)) {
      for (Path jar : (Iterable<Path>) files::iterator) {
        String name = jar.getFileName().toString();
        if (name.matches("iovtee-plugin-[0-9.]+(-SNAPSHOT)?\\.jar")) {
          Files.copy(jar, plugins.resolve(name));
        }
      }
    }
    return plugins;
  }
}
