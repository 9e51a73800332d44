// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.PortInfo;
import io.iovtee.api.SwitchListener;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.VethWire;
import io.iovtee.vswitch.assembly.VSwitch;
import io.iovtee.vswitch.config.SwitchConfig;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Interfaces that go down, go away and come back under a switch, as those of containers do. */
final class InterfaceReturnsIT {
  private static final int TRIES = 60_000;

  /** Listeners of the switch heard that ports changed. */
  private final AtomicInteger told = new AtomicInteger();

  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  private VSwitch start(NetworkNamespace namespace) {
    VSwitch vswitch =
        VSwitch.start(
            SwitchConfig.parse(
                """
                switch: {pool-chunks: 4096, huge-pages: false, warm-up-ms: 0}
                ports:
                  left: {type: xdp, interface: left0, netns: %1$s, ring-size: 1024, mode: native}
                  right: {type: xdp, interface: right0, netns: %1$s, ring-size: 1024}
                flows: ["in_port=left,actions=output:right"]
                """
                    .formatted(namespace.name()),
                "s.yaml"));
    vswitch.addListener(
        new SwitchListener() {
          @Override
          public void portsChanged() {
            told.incrementAndGet();
          }
        });
    return vswitch;
  }

  private static PortInfo left(VSwitch vswitch) {
    return vswitch.ports().getFirst();
  }

  private static void await(String what, BooleanSupplier seen) {
    for (int i = 0; i < TRIES && !seen.getAsBoolean(); i++) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(seen.getAsBoolean()).as(what).isTrue();
  }

  /** Waits for the port's state, and that listeners heard of it. */
  private void awaitLeft(VSwitch vswitch, int toldBefore, Predicate<PortInfo> state) {
    await("left is " + left(vswitch), () -> state.test(left(vswitch)));
    await("listeners hear of it", () -> told.get() > toldBefore);
  }

  @Test
  void listenersHearOfTheLink() throws Exception {
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth.create(namespace, "left0", "left1", 1);
      Veth.create(namespace, "right0", "right1", 1);
      try (VSwitch vswitch = start(namespace)) {
        int before = told.get();
        namespace.ip("link", "set", "left1", "down");
        awaitLeft(vswitch, before, p -> p.linkReason().equals("no carrier on left0"));
        before = told.get();
        namespace.ip("link", "set", "left1", "up");
        awaitLeft(vswitch, before, PortInfo::linkUp);
        before = told.get();
        namespace.ip("link", "set", "left0", "down");
        awaitLeft(vswitch, before, p -> p.linkReason().startsWith("interface is down"));
      }
    }
  }

  /** Without giving back what the port had, the pool would soon run dry. */
  @Test
  void portOpensAgainOnAnInterfaceOfThatName() throws Exception {
    try (NetworkNamespace namespace = NetworkNamespace.create();
        VethWire right = VethWire.open(Veth.create(namespace, "right0", "right1", 1))) {
      Veth.create(namespace, "left0", "left1", 1);
      try (VSwitch vswitch = start(namespace)) {
        for (int i = 0; i < 6; i++) {
          assertFrameArrives(namespace, vswitch, right, i);
          int before = told.get();
          namespace.ip("link", "del", "left0");
          awaitLeft(vswitch, before, p -> p.linkReason().startsWith("interface is gone: left0; "));
          assertThat(left(vswitch).number()).isEqualTo(1);
          assertThat(left(vswitch).rxQueues()).isZero();
          assertThat(vswitch.rxQueues()).singleElement().returns("right", q -> q.port());
          assertThat(vswitch.stats().inputs().getFirst().frames()).as("as counted").isPositive();
          before = told.get();
          Veth.create(namespace, "left0", "left1", 1);
          awaitLeft(vswitch, before, PortInfo::linkUp);
          assertThat(vswitch.rxQueues()).hasSize(2);
        }
      }
    }
  }

  private static void assertFrameArrives(
      NetworkNamespace namespace, VSwitch vswitch, VethWire right, int round) throws Exception {
    try (VethWire left = VethWire.open(new Veth(namespace, "left0", "left1", 1))) {
      byte[] frame = XdpBench.frame(0x11, 100, round); // not a late one of the port before
      AtomicInteger arrived = new AtomicInteger();
      for (int i = 0; arrived.get() == 0 && i < TRIES; i++) {
        left.send(frame, frame.length);
        right.receive((bytes, length) -> {
          if (Arrays.equals(bytes, 0, length, frame, 0, frame.length)) {
            arrived.incrementAndGet();
          }
        });
        Thread.sleep(1);
      }
      assertThat(arrived).as("%s", vswitch.stats().inputs()).hasPositiveValue();
    }
  }

  /** Our own sockets keep the old namespace and what is in it, as long as the port is open. */
  @Test
  void portOfADeletedNamespaceIsGoneAndOpensInTheNextOfThatName() throws Exception {
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth.create(namespace, "left0", "left1", 1);
      Veth.create(namespace, "right0", "right1", 1);
      try (VSwitch vswitch = start(namespace)) {
        int before = told.get();
        String gone =
            "interface is gone: left0, network namespace %s was deleted; the port opens by itself"
                .formatted(namespace.name());
        namespace.replace(() -> awaitLeft(vswitch, before, p -> p.linkReason().startsWith(gone)));
        await("both are gone", () -> vswitch.rxQueues().isEmpty());
        Veth.create(namespace, "left0", "left1", 1);
        awaitLeft(vswitch, told.get() - 1, PortInfo::linkUp);

        // At once another of that name, with an interface of that name: it is not the same one.
        namespace.replace(() -> {});
        Veth.create(namespace, "left0", "left1", 1);
        Veth right = Veth.create(namespace, "right0", "right1", 1);
        await("right is back", () -> vswitch.ports().getLast().linkUp());
        try (VethWire wire = VethWire.open(right)) {
          assertFrameArrives(namespace, vswitch, wire, 1);
        }
      }
    }
  }

  @Test
  void whatRefusesAnInterfaceThatIsBackIsSaidAndTriedAgain() throws Exception {
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth.create(namespace, "left0", "left1", 1);
      Veth.create(namespace, "right0", "right1", 1);
      try (VSwitch vswitch = start(namespace)) {
        namespace.ip("link", "del", "left0");
        awaitLeft(vswitch, 0, p -> p.linkReason().startsWith("interface is gone"));
        namespace.ip("link", "add", "left0", "type", "bridge"); // has no native XDP
        awaitLeft(
            vswitch,
            0,
            p ->
                p.linkReason()
                    .matches("its interface came back, but .*mode generic.*; it is tried again"));
        namespace.ip("link", "del", "left0");
        awaitLeft(vswitch, 0, p -> p.linkReason().startsWith("interface is gone"));
        Veth.create(namespace, "left0", "left1", 1);
        awaitLeft(vswitch, 0, PortInfo::linkUp);
      }
    }
  }

  @Test
  void aPortThatWaitsForItsInterfaceCanBeRemovedAndTheSwitchCanEnd() throws Exception {
    try (NetworkNamespace namespace = NetworkNamespace.create()) {
      Veth.create(namespace, "left0", "left1", 1);
      Veth.create(namespace, "right0", "right1", 1);
      try (VSwitch vswitch = start(namespace)) {
        namespace.ip("link", "del", "left0");
        namespace.ip("link", "del", "right0");
        await("both are gone", () -> vswitch.rxQueues().isEmpty());
        assertThat(vswitch.removePort("left")).isTrue();
        assertThat(vswitch.ports()).hasSize(1);
      }
    }
  }
}
