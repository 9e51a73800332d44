// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.it.peers.Needs;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.XdpAbi;
import io.iovtee.vswitch.linux.Xsk;
import io.iovtee.vswitch.nic.xdp.XdpException;
import io.iovtee.vswitch.nic.xdp.XdpMode;
import io.iovtee.vswitch.nic.xdp.XdpPort;
import io.iovtee.vswitch.nic.xdp.XdpPortOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Opening and closing: modes, what is refused and with which words, what is left behind. */
final class XdpPortIT {
  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  @Test
  void bestEffortTakesTheBestModeThatWorksAndSaysWhich() {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options())) {
      assertThat(port.mode()).isEqualTo(XdpMode.NATIVE);
      assertThat(port.details())
          .containsEntry("modeWanted", "best-effort")
          .containsEntry("mode", "native")
          .containsEntry("zeroCopy", false)
          .containsEntry("driver", "veth")
          .containsEntry("netns", bench.namespace.name())
          .containsEntry("queues", 1)
          .containsEntry("mtu", 1500);
      assertThat(port.linkUp()).isTrue();
      assertThat(port.linkReason()).contains("near0").contains("native");
      assertThat(bench.showLink("near0")).contains(" xdp ").contains("promiscuity 1");
    }
  }

  @Test
  void saysWhetherTheInterfaceTakesTagsOut() {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options())) {
      bench.namespace.exec("ethtool", "-K", "near0", "rxvlan", "on");
      assertThat(port.details()).containsEntry("rxVlanOffload", true);
      assertThat(port.linkReason()).as("a veth has the flag for nothing").doesNotContain("rxvlan");
      bench.namespace.exec("ethtool", "-K", "near0", "rxvlan", "off");
      assertThat(port.details()).containsEntry("rxVlanOffload", false);
    }
  }

  /** Whoever asks while the port is removed gets an answer. */
  @Test
  void aClosedPortStillTellsOfItself() {
    try (XdpBench bench = XdpBench.oneQueue()) {
      XdpPort port = bench.open(bench.options());
      port.close();
      assertThat(port.details()).containsEntry("state", "interface is gone");
      assertThat(port.linkReason()).contains("interface is gone");
    }
  }

  @Test
  void genericIsAttachedAsGeneric() {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(XdpMode.GENERIC))) {
      assertThat(port.mode()).isEqualTo(XdpMode.GENERIC);
      assertThat(bench.showLink("near0")).contains(" xdpgeneric ");
    }
  }

  @Test
  void zeroCopyIsRefusedWhereTheDriverHasNone() {
    try (XdpBench bench = XdpBench.oneQueue()) {
      refused(
          bench,
          bench.options().withMode(XdpMode.NATIVE_ZEROCOPY),
          "no AF_XDP zero copy: use mode native or generic");
      assertThat(bench.showLink("near0")).doesNotContain("xdp");
    }
  }

  @Test
  void fewerReceiveQueuesThanThePeerSendsOnMeansGeneric() {
    try (XdpBench bench = XdpBench.oneQueue()) {
      bench.namespace.ip(
          "link",
          "add",
          "odd0",
          "numrxqueues",
          "1",
          "numtxqueues",
          "1",
          "type",
          "veth",
          "peer",
          "name",
          "odd1",
          "numrxqueues",
          "4",
          "numtxqueues",
          "4");
      bench.namespace.ip("link", "set", "odd0", "up");
      bench.namespace.ip("link", "set", "odd1", "up");
      XdpPortOptions odd = XdpPortOptions.of("odd0").inNamespace(bench.namespace.name());
      refused(bench, odd.withMode(XdpMode.NATIVE), "same number (numrxqueues, numtxqueues)");
      try (XdpPort port = bench.open(odd)) {
        assertThat(port.mode()).isEqualTo(XdpMode.GENERIC);
      }
    }
  }

  /** A re-bind that comes late must not pin memory that nobody unpins. */
  @Test
  void aClosedQueuePreparesNothing() {
    try (XdpBench bench = XdpBench.oneQueue()) {
      XdpPort port = bench.open(bench.options());
      port.rxQueue(0).prepareRebind(null);
      port.close();
      long before = sockets();
      port.rxQueue(0).prepareRebind(null);
      assertThat(sockets()).isEqualTo(before);
    }
  }

  private static long sockets() {
    try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
      return all.filter(XdpPortIT::isSocket).count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException e) {
      return false; // the listing's own is gone by now
    }
  }

  @Test
  void closingLeavesNothingBehindAndThePortCanBeOpenedAgain() {
    try (XdpBench bench = XdpBench.oneQueue()) {
      for (int i = 0; i < 3; i++) {
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE).withRingSize(256));
        bench.fillFromPool(port.rxQueue(0));
        port.close();
        port.close();
        assertThat(bench.showLink("near0")).doesNotContain("xdp").contains("promiscuity 0");
        port.rxQueue(0).poll(bench.batch);
        bench.batch.clear();
      }
    }
  }

  @Test
  void saysThatTheInterfaceOrTheNamespaceIsMissing() {
    try (XdpBench bench = XdpBench.oneQueue()) {
      refused(
          bench,
          XdpPortOptions.of("nosuch0").inNamespace(bench.namespace.name()),
          "interface nosuch0 does not exist in network namespace " + bench.namespace.name());
      refused(bench, XdpPortOptions.of("near0"), "interface near0 does not exist: see ip link");
      assertThatThrownBy(() -> bench.open(XdpPortOptions.of("near0").inNamespace("nosuch")))
          .hasMessageContaining("/run/netns/nosuch");
    }
  }

  @Test
  void saysThatThereAreNotSoManyQueues() {
    try (XdpBench bench = XdpBench.oneQueue()) {
      refused(
          bench,
          bench.options().withQueues(3),
          "near0 has 1 receive queues, wanted are 3: ethtool -L near0 combined 3");
    }
  }

  @Test
  void saysThatTheInterfaceHasAProgramAlready() {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort first = bench.open(bench.options())) {
      refused(bench, bench.options(), "already, detach it: ip link set dev near0 xdp off");
      assertThatThrownBy(() -> bench.open(bench.options()).close())
          .as("no other mode is tried")
          .message()
          .doesNotContain("generic: ");
      assertThat(first.linkUp()).as("the first is unharmed").isTrue();
    }
  }

  @Test
  void saysThatAnotherSocketHoldsTheQueue() {
    try (XdpBench bench = new XdpBench(2, 1500);
        Mmap memory = Mmap.anonymous(1 << 20);
        Fd other = otherSocket(bench, memory, 1)) {
      assertThat(other.isClosed()).isFalse();
      refused(
          bench,
          bench.options().withMode(XdpMode.NATIVE),
          "another AF_XDP socket holds the queue",
          "EBUSY",
          "interface=near0, queue=1");
      try (XdpPort port = bench.open(bench.options().withQueues(1))) {
        assertThat(port.rxQueues()).isEqualTo(1);
      }
    }
  }

  private static Fd otherSocket(XdpBench bench, Mmap memory, int queue) {
    return Namespace.call(
        bench.namespace.name(),
        () -> {
          Fd fd = Xsk.socket();
          assertThat(Xsk.registerUmem(fd, memory.address(), memory.length(), 2048, 0, 0)).isZero();
          for (Xsk.Ring ring : Xsk.Ring.values()) {
            Xsk.setRingSize(fd, ring, 64);
          }
          try (NetDevice device = NetDevice.open("near0")) {
            assertThat(Xsk.bind(fd, device.index(), queue, XdpAbi.Xdp.XDP_COPY)).isZero();
          }
          return fd;
        });
  }

  @Test
  void reportsThatTheLinkIsDownOrTheInterfaceGone() {
    try (XdpBench bench = XdpBench.oneQueue()) {
      XdpPort port = bench.open(bench.options());
      bench.namespace.ip("link", "set", "far0", "down");
      assertThat(port.linkUp()).isFalse();
      assertThat(port.linkReason()).isEqualTo("no carrier on near0");
      bench.namespace.ip("link", "set", "near0", "down");
      assertThat(port.linkReason()).contains("ip link set dev near0 up");
      bench.namespace.ip("link", "del", "near0");
      assertThat(port.linkReason()).isEqualTo("interface is gone: near0");
      port.close();
    }
  }

  private static void refused(XdpBench bench, XdpPortOptions options, String... words) {
    var thrown =
        assertThatThrownBy(() -> bench.open(options).close()).isInstanceOf(XdpException.class);
    for (String word : words) {
      thrown.hasMessageContaining(word);
    }
  }
}
